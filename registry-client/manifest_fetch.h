/* Manifests and indexes, from the store where it has them, else from a registry. */
#ifndef REGISTRY_MANIFEST_FETCH_H
#define REGISTRY_MANIFEST_FETCH_H

#include "registry.h"

#define ACCEPT_MANIFESTS \
	MEDIA_OCI_INDEX ", " MEDIA_OCI_MANIFEST ", " MEDIA_DOCKER_LIST ", " MEDIA_DOCKER_MANIFEST

/* What `ref` names now; put into the store. */
WARN_UNUSED int manifest_fetch(struct registry *registry, const struct image_ref *ref,
			       struct store *store, struct fetched_manifest *ret, struct err *err);
/* A member of an index, in the same repository as `ref`; put into the store. */
WARN_UNUSED int manifest_fetch_member(struct registry *registry, const struct image_ref *ref,
				      const struct descriptor *member, struct store *store,
				      struct fetched_manifest *ret, struct err *err);

#endif
