/*
 * Which blobs a text speaks of. Manifests, configs and cache records all name blobs by "sha256:<hex>": so whoever must
 * know what is still needed reads the digests and need not understand the rest. That errs on the side of keeping.
 */
#ifndef IMAGE_MENTIONS_H
#define IMAGE_MENTIONS_H

#include "base/map.h"
#include "base/str.h"

/* Adds all digests in `text` to the set `ret`. */
void mentions_add(struct span text, struct strmap *ret);

#endif
