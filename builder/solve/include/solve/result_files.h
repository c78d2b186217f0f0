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

struct tree_pack_options {
	const char *prefix; /* directory that all is put into; NULL = none */
	bool plain; /* only names, content and permissions: owner root, neither set-id bits nor attributes */
	int64_t mtime; /* of all; -1 = as they are */
};

/*
 * All files below the root into a sink, in the order of their names; hard links stay such. The directories of the prefix
 * come first. Attributes that cannot be read are errors.
 */
WARN_UNUSED int tree_pack(struct tree *tree, const struct tree_pack_options *options,
			  struct layer_sink *sink, const struct monitor *monitor, struct err *err);

#endif
