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
/*
 * The place of the files in the store, where they lie as they are to be seen; *ret_path is absolute,
 * and NULL when several layers make them up. Of a stage or an image only.
 */
WARN_UNUSED int mount_files_find(struct solver *solver, const struct run_mount *mount,
				 char **ret_path, struct err *err);

#endif
