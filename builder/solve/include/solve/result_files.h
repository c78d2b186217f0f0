/* The files of what a graph has made. */
#ifndef SOLVE_RESULT_FILES_H
#define SOLVE_RESULT_FILES_H

#include "context/tree.h"
#include "solve/solver.h"

/*
 * All layers of a vertex that is done or cached, merged, as a tree; they are fetched and unpacked where that has not been
 * done. *ret is NULL for no files at all. After solver_run(), from one thread.
 */
WARN_UNUSED int result_files_open(struct store *store, struct registry *registry,
				  const struct monitor *monitor, struct vertex *vertex,
				  struct tree **ret, struct err *err);

#endif
