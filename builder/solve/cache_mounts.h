/*
 * RUN --mount=type=cache: directories of the store, below cache-mounts/, that steps keep between builds. Dockerfile
 * reference, "sharing":
 *
 *	shared	 all at once
 *	locked	 one step after the other, of all builds on the store
 *	private	 each step at the same time has one of its own, of which there are as many as were ever needed at once
 *
 * Which one it is, is said by its id, its owner and mode, and by the files that it starts with: the chain of `from`, and `source`.
 */
#ifndef SOLVE_CACHE_MOUNTS_H
#define SOLVE_CACHE_MOUNTS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"
#include "solve/solver.h"

struct cache_mount {
	const struct run_mount *mount; /* borrowed */
	char *path;                    /* relative to the store */
	int lock_fd;                   /* -1 = none is needed, or another one of the step has it */
};

struct cache_mounts {
	struct cache_mount *items;
	size_t len, cap;
};

#define CACHE_MOUNTS_INIT     \
	{                     \
		.items = NULL \
	}

/*
 * Those of a step: waits for the ones that are locked, and makes the ones that are missing. *ret_changed as
 * mount_files_fill().
 */
WARN_UNUSED int cache_mounts_open(struct solver *solver, const struct vertex *vertex,
				  struct cache_mounts *ret, bool *ret_changed, struct err *err);
/* The path of a mount's directory. */
const char *cache_mounts_path(const struct cache_mounts *caches, const struct run_mount *mount);
/* Lets others have them. */
void cache_mounts_release(struct cache_mounts *caches);

#endif
