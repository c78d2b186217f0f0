/* libgit2 as the rest of this room uses it: set up once, its errors as ours. */
#ifndef CONTEXT_GIT_LIBRARY_H
#define CONTEXT_GIT_LIBRARY_H

#include "base/err.h"
#include "base/monitor.h"
#include "context/git_source.h"
#include "git_line.h"
#include "libgit2.h"

/* Any thread, any number of times; nothing of it happens before somebody needs a repository. */
void git_library_init(void);
/* What libgit2 said last in this thread, for the code that it returned; returns -1. */
int git_library_error(int code, struct err *err);

/* One exchange with a server. */
struct git_talk {
	const struct monitor *monitor;
	unsigned step;
	const char *shown; /* the address, for messages and progress */
	const char *remote;
	const struct git_keys *keys;
	uint64_t received; /* bytes so far */
	bool gave_token;   /* in this exchange */
	struct git_line line;
};

/* For both connect and fetch, and the beginning of an exchange. `talk` must outlive the remote. */
void git_talk_callbacks(struct git_talk *talk, git_remote_callbacks *ret);
/* As git_library_error(), but ERR_CANCELLED when the monitor said so, and what became of the line first. */
int git_talk_error(const struct git_talk *talk, int code, struct err *err);

static inline void git_repository_freep(git_repository **repository)
{
	libgit2.repository_free(*repository);
}

static inline void git_remote_freep(git_remote **remote)
{
	libgit2.remote_free(*remote);
}

static inline void git_commit_freep(git_commit **commit)
{
	libgit2.commit_free(*commit);
}

static inline void git_tree_freep(git_tree **tree)
{
	libgit2.tree_free(*tree);
}

#endif
