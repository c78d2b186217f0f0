/* The half of a push that follows its blobs, for those who bring them there themselves. */
#ifndef REGISTRY_PUSH_H
#define REGISTRY_PUSH_H

#include "registry.h"

/*
 * As registry_push() with an image whose blobs are in the repository; the store needs its manifests only. The registry's lock is
 * held.
 */
WARN_UNUSED int push_manifests_only(struct registry *registry, struct store *store,
				    const struct descriptor *target, const struct image_ref *ref,
				    unsigned step, struct err *err);

#endif
