/* Everything of one build, of one target or several, from opening to exporting. */
#ifndef DRIVER_BUILD_STATE_H
#define DRIVER_BUILD_STATE_H

#include "build_target.h"
#include "solve/solver.h"

/* In the caller's storage, zeroed, which must not move. */
struct build {
	struct build_common common;
	struct build_target *targets;
	size_t count;
	struct solver solver;
	struct cache_places cache_sources; /* borrows from the requests */
};

/* As build_run_all(), which borrows the requests until the build is released; release it in any case. */
WARN_UNUSED int build_carry_out(struct build *build, const struct build_request *requests,
				size_t count, struct build_result *ret, struct err *err);
void build_release(struct build *build);

#endif
