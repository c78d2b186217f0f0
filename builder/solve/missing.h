/* Why a COPY source is not there: for the hint of the error. */
#ifndef SOLVE_MISSING_H
#define SOLVE_MISSING_H

#include "solve/solver.h"

/*
 * Adds a hint to `err` about the first argument of `copy` that the context lacks: the line of the
 * ignore file that leaves it out, or the name nearest to it.
 */
void missing_explain(const struct solver *solver, const struct copy_vertex *copy, struct err *err);

#endif
