/* Cache records in the store: which layer a vertex with a given key made. */
#ifndef SOLVE_RECORD_H
#define SOLVE_RECORD_H

#include "base/str.h"
#include "solve/solver.h"

/*
 * Finds a layer that was made under that key, however it is compressed: who writes images converts
 * it. *ret_found when there is one whose blob is still there: vertex->layer and vertex->created are filled, and vertex->assumed
 * with the file systems that it was read from. A damaged record is no record.
 */
WARN_UNUSED int record_find(struct solver *solver, struct vertex *vertex, const struct digest *key,
			    bool *ret_found, struct err *err);
WARN_UNUSED int record_put(struct solver *solver, const struct vertex *vertex,
			   const struct digest *key, struct err *err);

#endif
