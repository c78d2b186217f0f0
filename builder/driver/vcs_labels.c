#include "vcs_labels.h"

#include "base/alloc.h"
#include "context/git_worktree.h"

#define LABEL_REVISION "org.opencontainers.image.revision"
#define LABEL_SOURCE   "org.opencontainers.image.source"

static void set_remote(const struct remote_context *remote, struct strmap *labels)
{
	if (!remote->commit)
		return;
	strmap_set(labels, LABEL_REVISION, remote->commit);
	strmap_set(labels, LABEL_SOURCE, remote->shown);
}

int vcs_labels_set(const struct build_context *context, struct strmap *labels, struct err *err)
{
	AUTO(git_worktree_release) struct git_worktree worktree = GIT_WORKTREE_INIT;
	AUTO(freep) char *revision = NULL;

	if (context->is_remote) {
		set_remote(context->remote, labels);
		return 0;
	}
	if (git_worktree_find(context->dir, &worktree, err) < 0)
		return -1;
	if (!worktree.revision[0])
		return 0;
	revision = xasprintf("%s%s", worktree.revision, worktree.is_dirty ? "-dirty" : "");
	strmap_set(labels, LABEL_REVISION, revision);
	if (worktree.source)
		strmap_set(labels, LABEL_SOURCE, worktree.source);
	return 0;
}
