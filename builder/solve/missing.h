/* Why a COPY source is not there: for the hint of the error. */
#ifndef SOLVE_MISSING_H
#define SOLVE_MISSING_H

#include "base/err.h"
#include "solve/graph.h"

/*
 * Adds a hint to `err` about the first argument of the COPY that its context lacks: the line of the
 * ignore file that leaves it out, or the name nearest to it.
 */
void missing_explain(const struct vertex *vertex, struct err *err);

#endif
