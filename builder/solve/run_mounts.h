/*
 * What is mounted in a RUN step: build volumes, and RUN --mount. None of it becomes part of the
 * layer.
 */
#ifndef SOLVE_RUN_MOUNTS_H
#define SOLVE_RUN_MOUNTS_H

#include "solve/solver.h"

struct step_mounts {
	struct solver *solver;
	struct sandbox_mounts mounts;
	struct strvec snapshots; /* copies of files that are mounted; dropped at release */
	struct {
		int *items;
		size_t len, cap;
	} locks;      /* of cache mounts that are not shared: held until release */
	bool changed; /* a file was not what the step's key was computed from any more */
};

#define STEP_MOUNTS_INIT                   \
	{                                  \
		.mounts = {.items = NULL } \
	}

/*
 * Cache mounts live in the store, below cache-mounts/. ERR_UNSUPPORTED for what this version cannot
 * do, naming the option.
 */
WARN_UNUSED int step_mounts_make(struct solver *solver, const struct vertex *vertex,
				 struct step_mounts *ret, struct err *err);
void step_mounts_release(struct step_mounts *mounts);

#endif
