/*
 * Which vertices of a graph are in the cache, and which have to be carried out. Before anything runs
 * all that can be known is found out: a vertex is found by the layers of what it is made from, or,
 * where those are not there, by the definition of what it reads: a result does not need the stages
 * that it copied files from. While the graph is carried out the rest is looked up, as soon as what
 * it is made from is there.
 */
#ifndef SOLVE_LOOKUP_H
#define SOLVE_LOOKUP_H

#include "task.h"

/* Definitions of all vertices: reads the contexts. Fills twins, too. */
WARN_UNUSED int lookup_describe(struct solver *solver, struct tasks *tasks, struct err *err);
/* States, and vertex->needed, files_wanted and files_needed_now. */
WARN_UNUSED int lookup_all(struct solver *solver, struct tasks *tasks, struct err *err);
/* Once everything that the vertex is made from is there: fills its layer and state if it is found. */
WARN_UNUSED int lookup_by_result(struct solver *solver, struct task *task, bool *ret_found,
				 struct err *err);
/* The same by the content of what it reads, which task->contents says. */
WARN_UNUSED int lookup_by_content(struct solver *solver, struct task *task, bool *ret_found,
				  struct err *err);
/* Makes the layer of a vertex findable in all the ways that are known. */
WARN_UNUSED int lookup_record(struct solver *solver, const struct task *task, struct err *err);

#endif
