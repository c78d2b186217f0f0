/* The files that a RUN --mount takes from a stage or a context. */
#ifndef SOLVE_MOUNT_FILES_H
#define SOLVE_MOUNT_FILES_H

#include <stdbool.h>

#include "base/err.h"
#include "solve/solver.h"

/*
 * Puts them below the directory `fd`, as a COPY of them to `dest` would. *ret_changed is set when a file was not what the
 * step's key was computed from any more, and left alone otherwise.
 */
WARN_UNUSED int mount_files_fill(struct solver *solver, const struct vertex *vertex,
				 const struct run_mount *mount, int fd, const char *dest,
				 bool *ret_changed, struct err *err);

#endif
