/*
 * What a vertex reads of others by its content, so that a stage that came out differently, but not
 * in those files, changes nothing. What was once found out of a file system is remembered.
 */
#ifndef SOLVE_CONTENT_H
#define SOLVE_CONTENT_H

#include "task.h"

/* Fills task->contents from memory; *ret_known when it could. All readings' chains must be known. */
WARN_UNUSED int content_recall(struct solver *solver, struct task *task, bool *ret_known,
			       struct err *err);
/* Fills task->contents; fetches, unpacks and reads what that takes. */
WARN_UNUSED int content_compute(struct solver *solver, struct task *task, struct err *err);
/* The files that a COPY --from names, into task->selection, once. */
WARN_UNUSED int content_select(struct solver *solver, struct task *task, struct err *err);

#endif
