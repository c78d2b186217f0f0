/* The caches of --cache-from and --cache-to in a build. */
#ifndef DRIVER_BUILD_CACHE_H
#define DRIVER_BUILD_CACHE_H

#include "build_target.h"
#include "solve/solver.h"

/* Where the targets' caches come from, each once. *ret borrows from the requests; free its items only. */
void build_cache_sources(const struct build_request *requests, size_t count,
			 struct cache_places *ret);
/* Before images are written: their configs get an inline cache, and lose the one of their base. */
void build_cache_put_inline(struct build_target *target, struct solver *solver);
/* When images are written. */
WARN_UNUSED int build_cache_export(struct build_target *target, struct solver *solver,
				   struct err *err);

#endif
