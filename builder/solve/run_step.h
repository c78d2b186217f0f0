/*
 * Executing RUN: the sandbox runs the command over the chain's snapshots; what it leaves in the
 * upper directory is the layer.
 */
#ifndef SOLVE_RUN_STEP_H
#define SOLVE_RUN_STEP_H

#include "solve/solver.h"

/* ERR_CHILD when the command fails. Fills vertex->layer. */
WARN_UNUSED int run_execute(struct solver *solver, struct vertex *vertex, bool *ret_changed,
			    struct err *err);

#endif
