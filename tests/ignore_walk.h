/* What a directory walk makes of an ignore file, for one path: to be compared with ignore_match(). */
#ifndef IGNORE_WALK_H
#define IGNORE_WALK_H

#include <string.h>

#include "base/alloc.h"
#include "context/ignore.h"

static inline bool ignore_walk_from(const struct ignore *ignore, const struct ignore_state *parent,
				    const char *path, size_t from)
{
	const char *slash = strchr(path + from, '/');
	AUTO(freep) char *dir = slash ? xstrndup(path, (size_t)(slash - path)) : NULL;
	struct ignore_state *below = NULL;
	bool ignored = false;

	if (!slash)
		return ignore_step(ignore, parent, path, NULL);
	ignored = ignore_step(ignore, parent, dir, &below);
	if (!ignored || !ignore_prunes(ignore, dir))
		ignored = ignore_walk_from(ignore, below, path, (size_t)(slash - path) + 1);
	ignore_state_free(below);
	return ignored;
}

/* `path` is clean and not the root. Directories are left out where nothing below can come back. */
static inline bool ignore_walk_match(const struct ignore *ignore, const char *path)
{
	struct ignore_state *root = ignore_root(ignore);
	bool ignored = ignore_walk_from(ignore, root, path, 0);

	ignore_state_free(root);
	return ignored;
}

#endif
