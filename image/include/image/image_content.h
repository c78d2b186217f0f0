/* What an image is made of, as far as the store has it. */
#ifndef IMAGE_IMAGE_CONTENT_H
#define IMAGE_IMAGE_CONTENT_H

#include "base/err.h"
#include "image/config.h"
#include "image/manifest.h"
#include "image/store.h"

/*
 * Appends `target` and everything that it names, each blob once, and none before what it names.
 * Members of an index that are not in the store are left out: only some platforms were pulled then.
 * ERR_NOT_FOUND when anything else is missing.
 */
WARN_UNUSED int image_content_list(struct store *store, const struct descriptor *target,
				   struct descriptors *ret, struct err *err);

/* A manifest or an index out of the store, checked and parsed. */
WARN_UNUSED int image_content_read_manifest(struct store *store, const struct descriptor *target,
					    struct manifest *ret, struct err *err);
WARN_UNUSED int image_content_read_index(struct store *store, const struct descriptor *target,
					 struct index *ret, struct err *err);
WARN_UNUSED int image_content_read_config(struct store *store, const struct descriptor *config,
					  struct image_config *ret, struct err *err);

/* Puts a manifest or an index into the store; fills digest and size of *ret, and its media type. */
WARN_UNUSED int image_content_put_manifest(struct store *store, const struct manifest *manifest,
					   struct descriptor *ret, struct err *err);
WARN_UNUSED int image_content_put_index(struct store *store, const struct index *index,
					struct descriptor *ret, struct err *err);

#endif
