/* index.json of an OCI layout: which image has which name. Pure. */
#ifndef IMAGE_LAYOUT_INDEX_H
#define IMAGE_LAYOUT_INDEX_H

#include "image/layout.h"

#define LAYOUT_FILE    "oci-layout"
#define LAYOUT_TEXT    "{\"imageLayoutVersion\":\"1.0.0\"}"
#define LAYOUT_INDEX   "index.json"
#define ANNOTATION_TAG "org.opencontainers.image.ref.name"
/* containerd's and docker's: the whole reference, where ref.name has but a tag */
#define ANNOTATION_NAME "io.containerd.image.name"

/* Refuses what is not version 1 of the layout. */
WARN_UNUSED int layout_check_version(struct span text, struct err *err);
/* The fullest name that an entry has; NULL = none. Borrowed. */
const char *layout_name_of(const struct descriptor *entry);
/*
 * The entry of that name, which may be a tag alone; NULL = the only one, or `latest`, or the one for
 * the first of `platforms`. Borrowed. ERR_NOT_FOUND lists the names there are.
 */
WARN_UNUSED int layout_choose(const struct index *index, const struct layout_request *request,
			      const struct descriptor **ret, struct err *err);
/* Appends the image of an entry, under the fullest name that it has. */
void layout_add_named(const struct descriptor *entry, struct named_images *ret);
/* Enters an image, in place of one of the same name. */
void layout_enter(struct index *index, const struct named_image *image);

#endif
