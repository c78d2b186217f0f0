/* What `load` calls the images of an archive. */
#ifndef CLI_LOAD_NAMES_H
#define CLI_LOAD_NAMES_H

#include "base/err.h"
#include "base/vec.h"
#include "image/layout.h"

struct load_name {
	const struct named_image *image; /* borrowed */
	char *name;                      /* a canonical reference */
};

struct load_names {
	struct load_name *items;
	size_t len, cap;
};

/*
 * `words` are those of --tag: NAME for the only image, or, without a tag, for each of several, which keep their own;
 * OLD=NAME for the image that the archive calls OLD. Images that no word is for keep their names. ERR_USAGE for a word that
 * fits nothing, ERR_INPUT for an image that is left without a name, and where two would have the same.
 */
WARN_UNUSED int load_names_choose(const struct named_images *images, const struct strvec *words,
				  struct load_names *ret, struct err *err);
void load_names_release(struct load_names *names);

#endif
