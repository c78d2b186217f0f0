/*
 * An image of the store as one tree: its layers read one upon the other, straight from the blobs.
 */
#ifndef FLAT_IMAGE_H
#define FLAT_IMAGE_H

#include <jansson.h>

#include "base/err.h"
#include "image/manifest.h"
#include "image/store.h"

/*
 * An object: path -> {type, mode, uid, gid, size, sha256, link, hardlink_of, xattrs} as the cases
 * spell it.
 */
WARN_UNUSED int flat_image_read(struct store *store, const struct manifest *manifest, json_t **ret,
				struct err *err);

#endif
