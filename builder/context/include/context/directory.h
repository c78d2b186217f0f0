/* A directory of the host as a tree, without what its ignore file leaves out. */
#ifndef CONTEXT_DIRECTORY_H
#define CONTEXT_DIRECTORY_H

#include "context/tree.h"

/*
 * `ignore` may be NULL; it is borrowed and must outlive the tree. A directory that is ignored is
 * there only when something below it is brought back by a `!` pattern.
 */
WARN_UNUSED int directory_tree_open(const char *path, const struct ignore *ignore,
				    struct tree **ret, struct err *err);

#endif
