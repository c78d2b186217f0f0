/*
 * Why steps are executed rather than found in the cache: the first input that differs from what the
 * store remembers of the last build of the same stage. One record for each stage of a Dockerfile,
 * target and platform, replaced by each build.
 */
#ifndef SOLVE_EXPLAIN_H
#define SOLVE_EXPLAIN_H

#include "task.h"

struct explain;

/* Borrows both. */
struct explain *explain_new(struct solver *solver, const struct tasks *tasks);
void explain_freep(struct explain **explain);
/* Was there an earlier build of this step, or one like it? */
bool explain_knows(struct explain *explain, const struct vertex *vertex);
/* How long it took when it, or one of the same text, was last carried out: milliseconds, 0 = not known. */
unsigned explain_took_ms(struct explain *explain, const struct vertex *vertex);
/* Says it, as a detail of the step; what it is made from must be there. Any thread may call. */
void explain_miss(struct explain *explain, const struct task *task);
/* Remembers what this build made for the next one. */
WARN_UNUSED int explain_save(struct explain *explain, struct err *err);

#endif
