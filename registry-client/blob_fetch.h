/* Blobs from a registry into the store. */
#ifndef REGISTRY_BLOB_FETCH_H
#define REGISTRY_BLOB_FETCH_H

#include "registry.h"

/*
 * registry_fetch_blobs(), with `step` NULL for one that reports no progress. A blob that stands
 * there twice is fetched once.
 */
WARN_UNUSED int blobs_fetch(struct registry *registry, const struct image_ref *ref,
			    struct store *store, const struct descriptors *blobs,
			    const unsigned *step, struct err *err);

#endif
