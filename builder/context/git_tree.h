/* One repository's files in a directory, with those of its submodules. */
#ifndef CONTEXT_GIT_TREE_H
#define CONTEXT_GIT_TREE_H

#include "context/git_source.h"

/* All borrowed. */
struct git_tree_request {
	const char *remote;
	const struct git_revision *revision;
	const char *dir; /* exists, empty */
	bool keep_git_dir, submodules, checkout_times;
	const struct git_keys *keys;
	unsigned depth; /* how many repositories this one is within */
	const struct monitor *monitor;
	unsigned step;
};

WARN_UNUSED int git_tree_checkout(const struct git_tree_request *request, struct err *err);

#endif
