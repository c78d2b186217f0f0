/*
 * A directory for files that are needed while a build runs, in the store: one that a killed process
 * leaves behind is cleaned up with the snapshots, whoever its files belong to.
 */
#ifndef CONTEXT_SCRATCH_H
#define CONTEXT_SCRATCH_H

#include "base/err.h"
#include "image/store.h"

struct scratch {
	struct store *store; /* borrowed */
	char path[SNAPSHOT_PATH_MAX];
	char *dir;  /* absolute, empty, mode 0755 */
	char *work; /* absolute, empty: for what must not stand in `dir` */
};

/* Zeroed, it is none; releasing that is fine. */
WARN_UNUSED int scratch_make(struct store *store, struct scratch *ret, struct err *err);
/* Removes all of it. */
void scratch_release(struct scratch *scratch);

#endif
