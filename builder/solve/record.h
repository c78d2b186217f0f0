/* Cache records in the store: which layer a vertex with a given key made. */
#ifndef SOLVE_RECORD_H
#define SOLVE_RECORD_H

#include "solve/solver.h"

/* What the vertex with its key is known by: the same step compressed in another way is another one. The caller frees. */
char *record_name(const struct vertex *vertex);
/*
 * Finds the layer for vertex->key, made with the same compression on the layers that its parent and
 * inputs have now; *ret_found when there is one whose blob is still there: vertex->layer and
 * vertex->created are filled. A damaged record is no record.
 */
WARN_UNUSED int record_find(struct solver *solver, struct vertex *vertex, bool *ret_found,
			    struct err *err);
WARN_UNUSED int record_put(struct solver *solver, const struct vertex *vertex, struct err *err);

#endif
