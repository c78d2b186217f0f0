/*
 * Which other repository of a registry has a blob, as far as the images of the store tell: it can
 * be mounted from there in place of being sent (distribution-spec, "Mounting a blob from another
 * repository").
 */
#ifndef REGISTRY_MOUNTS_H
#define REGISTRY_MOUNTS_H

#include "base/map.h"
#include "image/reference.h"
#include "image/store.h"

struct mounts {
	struct strmap repositories; /* by digest */
};

/*
 * From all images in the store that are named for the registry of `target`, but in another
 * repository. A guess: the image may never have been pushed, or be gone; the registry decides. What
 * cannot be read is left out.
 */
void mounts_find(struct store *store, const struct image_ref *target, struct mounts *ret);
/* NULL = none known. Borrowed. */
const char *mounts_source(const struct mounts *mounts, const struct digest *digest);
void mounts_release(struct mounts *mounts);

#endif
