/*
 * Caches that were written by other builds, here or elsewhere. Only what they say is read at first;
 * a layer is fetched when its blob is needed.
 */
#ifndef SOLVE_CACHE_IMPORT_H
#define SOLVE_CACHE_IMPORT_H

#include "solve/cache_place.h"
#include "solve/solver.h"

struct cache_imports;
struct cache_source; /* one of them */

struct cache_imports *cache_imports_new(void);
void cache_imports_freep(struct cache_imports **imports);
/*
 * Reads what the places have; each is a step of the monitor. One that is not there, or cannot be
 * understood, is a warning. Only cancellation is an error.
 */
WARN_UNUSED int cache_imports_load(struct cache_imports *imports, struct solver *solver,
				   const struct cache_places *places, struct err *err);
/* Fills layer, created, assumed and origin of the vertex when one of them has the key. */
bool cache_imports_find(const struct cache_imports *imports, const struct digest *key,
			struct vertex *vertex);
/* Brings the blob of a layer that was found so into the store; transfers are shown at `step`. */
WARN_UNUSED int cache_source_fetch(const struct cache_source *source, struct solver *solver,
				   const struct layer *layer, unsigned step, struct err *err);
/*
 * After a failure to fetch it: says so as a warning of the vertex, whose layer it is, and finds the layer no more; nothing
 * of that source when it cannot be reached at all. False for failures that are not the source's.
 */
bool cache_source_give_up(struct cache_source *source, struct solver *solver,
			  const struct vertex *vertex, const struct err *why);
/* Is that the repository that its layers are in? */
bool cache_source_is_at(const struct cache_source *source, const struct image_ref *ref);

#endif
