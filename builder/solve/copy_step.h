/*
 * Executing COPY and ADD: from a selection of files straight into a layer, nothing is copied in
 * between.
 */
#ifndef SOLVE_COPY_STEP_H
#define SOLVE_COPY_STEP_H

#include "made_layer.h"
#include "selection.h"
#include "solve/solver.h"
#include "target.h"

/*
 * Writes the layer's entries to `sink`. `below` is the parent's file system, NULL = empty.
 * With `made`, NULL = not asked for, nothing is written when the same layer was made before:
 * made->is_found. *ret_changed tells that a file was altered after its key was computed.
 */
WARN_UNUSED int copy_execute(struct solver *solver, const struct vertex *vertex,
			     const struct selection *selection, struct tree *below,
			     struct layer_sink *sink, struct made_layer *made, bool *ret_changed,
			     struct err *err);

/*
 * Only puts what the step makes into `target`, which stands on `below`. *ret_whole is false when an archive would have to
 * be unpacked: then the target is not all of it.
 */
WARN_UNUSED int copy_fill(struct solver *solver, const struct vertex *vertex,
			  const struct selection *selection, struct tree *below,
			  struct target *target, bool *ret_whole, struct err *err);

#endif
