/* Writing what a build found out for other builds: --cache-to. */
#ifndef SOLVE_CACHE_EXPORT_H
#define SOLVE_CACHE_EXPORT_H

#include <jansson.h>

#include "solve/cache_place.h"
#include "solve/solver.h"

#define CACHE_MEMBER "edgectl.cache.v1" /* of an image's config: an inline cache */

/*
 * The steps that make the file systems `tops`, or with place->all all steps that take part, written
 * to the place, which is not CACHE_INLINE. Layers that are not there are fetched, unless the place
 * has them.
 */
WARN_UNUSED int cache_export(struct solver *solver, const struct vertices *tops,
			     const struct cache_place *place, struct err *err);
/* What the config of the image with the file system `top` says of its steps; a new reference. */
json_t *cache_export_inline(struct solver *solver, struct vertex *top);

#endif
