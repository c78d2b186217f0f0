/* Content of known digest and size from a registry into the store. */
#ifndef REGISTRY_BLOB_FETCH_H
#define REGISTRY_BLOB_FETCH_H

#include "queue.h"
#include "registry.h"

/* registry_fetch_blobs(). What stands there twice is fetched once. */
WARN_UNUSED int blobs_fetch(struct registry *registry, const struct image_ref *ref,
			    const struct descriptors *blobs, const struct fetch_target *target,
			    struct err *err);
/* The same for what is small: silent. */
WARN_UNUSED int blobs_fetch_quietly(struct registry *registry, const struct image_ref *ref,
				    struct store *store, const struct descriptors *blobs,
				    struct err *err);
/* The same for the members of an index, which a registry has in another place. */
WARN_UNUSED int manifests_fetch(struct registry *registry, const struct image_ref *ref,
				struct store *store, const struct descriptors *manifests,
				struct err *err);

/*
 * One of them as a job, for who has more to do with it. All borrowed. NULL when it is of a type that
 * registries do not hold: ERR_UNSUPPORTED.
 */
struct blob_fetch *blob_fetch_new(struct registry *registry, const struct image_ref *ref,
				  struct store *store, const struct descriptor *blob,
				  const unsigned *step, struct err *err);
void blob_fetch_free(struct blob_fetch *fetch);
struct job *blob_fetch_job(struct blob_fetch *fetch);

#endif
