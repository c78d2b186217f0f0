/*
 * What is mounted in a RUN step: build volumes, and RUN --mount. None of it becomes part of the
 * layer.
 */
#ifndef SOLVE_RUN_MOUNTS_H
#define SOLVE_RUN_MOUNTS_H

#include "cache_mounts.h"
#include "secret_mask.h"
#include "solve/solver.h"
#include "ssh_forward.h"

struct step_mounts {
	struct solver *solver;
	struct sandbox_mounts mounts;
	struct strvec snapshots; /* copies of files that are mounted; dropped at release */
	struct cache_mounts caches;
	struct {
		struct ssh_forward **items;
		size_t len, cap;
	} agents;                /* that the step may ask */
	struct strvec env;       /* variables that mounts set: secrets, SSH_AUTH_SOCK */
	struct secret_mask mask; /* of the step's secrets */
	bool changed;            /* a file was not what the step's key was computed from any more */
};

#define STEP_MOUNTS_INIT                   \
	{                                  \
		.mounts = {.items = NULL } \
	}

/* Waits for caches that other steps have locked. ERR_NOT_FOUND for a secret or agent that is required and not there. */
WARN_UNUSED int step_mounts_make(struct solver *solver, const struct vertex *vertex,
				 struct step_mounts *ret, struct err *err);
void step_mounts_release(struct step_mounts *mounts);

#endif
