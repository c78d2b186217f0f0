/* Executing WORKDIR: a layer with the directories that were missing. */
#ifndef SOLVE_WORKDIR_STEP_H
#define SOLVE_WORKDIR_STEP_H

#include "solve/solver.h"
#include "target.h"

/* `below` is the parent's file system, NULL = empty. */
WARN_UNUSED int workdir_execute(struct solver *solver, const struct vertex *vertex,
				struct tree *below, struct layer_sink *sink, struct err *err);
/* Only puts them into `target`, which stands on `below`. */
WARN_UNUSED int workdir_fill(const struct vertex *vertex, struct tree *below, struct target *target,
			     struct err *err);

#endif
