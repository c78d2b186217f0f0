/* Objects from a server into a repository of ours. */
#ifndef CONTEXT_GIT_FETCH_H
#define CONTEXT_GIT_FETCH_H

#include "context/git_source.h"
#include "git_library.h"

/*
 * Brings the commit of `revision` with what it needs, and refs for it; *ret is the commit. Ends
 * with ERR_NOT_FOUND when the server has no such commit any more.
 */
WARN_UNUSED int git_fetch_revision(git_repository *repository, struct git_talk *talk,
				   const struct git_revision *revision, git_commit **ret,
				   struct err *err);

#endif
