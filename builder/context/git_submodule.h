/* The submodules of a checkout (gitmodules(5)). */
#ifndef CONTEXT_GIT_SUBMODULE_H
#define CONTEXT_GIT_SUBMODULE_H

#include "git_library.h"
#include "git_tree.h"

/*
 * Each to its place in the working directory of `repository`, at its HEAD. Their addresses
 * are the repository's word: ERR_DENIED for one that would read this machine's files when the
 * repository itself does not come from there.
 */
WARN_UNUSED int git_submodules_checkout(const struct git_tree_request *parent,
					git_repository *repository, struct err *err);

#endif
