/* Images wherever they are (image/place.h): brought into a store, and out of one. */
#ifndef CLI_PLACE_OPTION_H
#define CLI_PLACE_OPTION_H

#include "image/layout.h"
#include "image/place.h"
#include "session.h"

/* Errors are ERR_USAGE. */
WARN_UNUSED int place_option_parse(const char *text, struct image_place *ret, struct err *err);

/* All borrowed. */
struct place_request {
	struct session *session;
	const struct image_place *place;
	const char *text; /* the place as the user wrote it */
	const struct platform *platforms;
	size_t platform_count; /* 0 = all */
	struct store *store;   /* to, or from; the session's for PLACE_STORE */
};

/*
 * One image into the store, as a step of its own. A plain name is in a registry. Its name is a
 * canonical reference, or what a layout calls it, or NULL.
 */
WARN_UNUSED int place_read(const struct place_request *request, struct named_image *ret,
			   struct err *err);
/* `target` out of the store. A plain name is in a registry. */
WARN_UNUSED int place_write(const struct place_request *request, const struct descriptor *target,
			    struct err *err);

void named_image_release(struct named_image *image);
/* The reference that an image of a file has for a name; false when it has but a tag, or none. */
bool named_image_reference(const struct named_image *image, struct image_ref *ret);

#endif
