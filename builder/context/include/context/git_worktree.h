/* The git checkout that a directory is in: where it came from, and what it is at. */
#ifndef CONTEXT_GIT_WORKTREE_H
#define CONTEXT_GIT_WORKTREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct git_worktree {
	char revision
		[41]; /* the commit of HEAD; "" = the directory is in no checkout, or nothing is committed */
	bool is_dirty; /* files were changed, added or removed since; ignored ones do not count */
	char *source; /* address of the remote `origin`, without password; NULL = none that others could use */
};

#define GIT_WORKTREE_INIT          \
	{                          \
		.is_dirty = false, \
	}

/* The commit of HEAD, for people. */
struct git_head {
	char *name; /* as of `git describe --tags --always`: "v1.2-3-gdeadbeef"; NULL = there is no commit */
	char *author; /* "Name <address>" */
	int64_t time; /* of the commit, seconds since 1970 */
};

#define GIT_HEAD_INIT         \
	{                     \
		.name = NULL, \
	}

/* That a directory is in no checkout is no error; a damaged repository is. No command or hook of it is run. */
WARN_UNUSED int git_worktree_find(const char *dir, struct git_worktree *ret, struct err *err);
void git_worktree_release(struct git_worktree *worktree);
/* The same of its commit, which takes a walk to the nearest tag. */
WARN_UNUSED int git_head_find(const char *dir, struct git_head *ret, struct err *err);
void git_head_release(struct git_head *head);

#endif
