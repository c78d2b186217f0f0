/*
 * Values of options that several commands share: platforms, names of images; and what is done with
 * them.
 */
#ifndef CLI_IMAGE_OPTION_H
#define CLI_IMAGE_OPTION_H

#include "base/err.h"
#include "base/vec.h"
#include "image/platform.h"
#include "image/reference.h"
#include "session.h"

struct image_refs {
	struct image_ref *items;
	size_t len, cap;
};

void image_refs_release(struct image_refs *refs);

/*
 * Words of --platform, each a list; "local" is this machine's. The caller frees *ret. Errors are
 * ERR_USAGE.
 */
WARN_UNUSED int platform_option_parse(const struct strvec *words, struct platform **ret,
				      size_t *ret_count, struct err *err);
/* Name of an image from the command line: errors are ERR_USAGE. */
WARN_UNUSED int image_option_parse(const char *text, struct image_ref *ret, struct err *err);

/* Uploads `target` from the store to `ref` as a step of its own, and says so in the summary. */
WARN_UNUSED int push_image(struct session *session, const struct descriptor *target,
			   const struct image_ref *ref, struct err *err);
/* The same from another store. */
WARN_UNUSED int push_image_from(struct session *session, struct store *store,
				const struct descriptor *target, const struct image_ref *ref,
				struct err *err);

#endif
