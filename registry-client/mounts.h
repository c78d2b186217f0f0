/*
 * Which other repository of a registry may have a blob, so that it can be mounted from there in place
 * of being sent (distribution-spec, "Mounting a blob from another repository").
 */
#ifndef REGISTRY_MOUNTS_H
#define REGISTRY_MOUNTS_H

#include "base/map.h"
#include "image/reference.h"
#include "image/store.h"
#include "presence.h"

struct mounts {
	struct strmap repositories; /* by digest */
};

/*
 * For each of `blobs`: a repository in which this command saw it, in which an earlier one did, or that
 * an image of the store is named for. The last two are guesses: the image may never have been
 * pushed, or be gone; the registry decides. What cannot be read is left out.
 */
void mounts_find(const struct presence *presence, struct store *store,
		 const struct image_ref *target, const struct descriptors *blobs,
		 struct mounts *ret);
/* NULL = none known. Borrowed. */
const char *mounts_source(const struct mounts *mounts, const struct digest *digest);
void mounts_release(struct mounts *mounts);

#endif
