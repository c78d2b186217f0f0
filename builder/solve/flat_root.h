/*
 * The root of a step where the kernel gives no overlay: a copy of all files below it, and afterwards what differs from that copy.
 * It takes the time and the space of the whole image for each RUN.
 */
#ifndef SOLVE_FLAT_ROOT_H
#define SOLVE_FLAT_ROOT_H

#include "context/tree.h"
#include "image/layer.h"
#include "solve/solver.h"

bool solver_has_flat_roots(struct solver *solver);
/*
 * Looks whether a step failed for want of an overlay only. Then all steps from now on get flat roots, which is said once; `err` is
 * cleared, and the step is to be carried out again.
 */
bool solver_turns_to_flat_roots(struct solver *solver, const struct vertex *vertex,
				struct err *err);

struct flat_root {
	struct store *store;
	char snapshot[SNAPSHOT_PATH_MAX]; /* its directory fs; "" = none */
	struct tree *before;
};

#define FLAT_ROOT_INIT                        \
	{                                     \
		.store = NULL, .snapshot = "" \
	}

/* `lowers` as for a sandbox_step. */
WARN_UNUSED int flat_root_make(struct solver *solver, const struct strvec *lowers,
			       struct flat_root *ret, struct err *err);
/* What has changed since. */
WARN_UNUSED int flat_root_pack(const struct flat_root *root, struct layer_sink *sink,
			       const struct monitor *monitor, struct err *err);
/* Removes it. */
void flat_root_release(struct flat_root *root);

#endif
