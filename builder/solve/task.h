/* What belongs to one vertex while a graph is carried out. */
#ifndef SOLVE_TASK_H
#define SOLVE_TASK_H

#include "selection.h"
#include "solve/solver.h"

struct task {
	struct vertex *vertex;
	/* COPY: what its key was computed from; of another stage, once that is known. */
	struct selection selection;
	struct tree *from;       /* COPY --from: the tree that the selection is of */
	struct digest *contents; /* one per reading, once they are known; NULL = not yet */
};

struct tasks {
	struct task *items;
	size_t len, cap;
};

/* What was found out about the files that it reads of other vertices: they may come out differently. */
void task_forget_reading(struct task *task);
void tasks_release(struct tasks *tasks);

#endif
