/* What is attached to an image, and the tag under which clients keep what is attached to an image, where the registry does not. */
#ifndef REGISTRY_REFERRERS_H
#define REGISTRY_REFERRERS_H

#include "image/digest.h"
#include "registry.h"

/* "sha256-<64 hex>"; the caller frees. */
char *referrers_tag(const struct digest *digest);

/*
 * Enters `target`, a manifest or an index with the bytes `body` that the repository of `ref` has, at the tag of its subject
 * where the registry keeps no such list itself. Nothing to do for one without a subject.
 */
WARN_UNUSED int referrers_enter(struct registry *registry, const struct image_ref *ref,
				const struct descriptor *target, struct span body, struct err *err);

#endif
