#include "flat_root.h"

#include <fcntl.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "chain.h"
#include "solve/tree_pack.h"
#include "tree_diff.h"
#include "view.h"

bool solver_has_flat_roots(struct solver *solver)
{
	bool flat;

	pthread_mutex_lock(&solver->lock);
	flat = solver->flat_roots;
	pthread_mutex_unlock(&solver->lock);
	return flat;
}

bool solver_turns_to_flat_roots(struct solver *solver, const struct vertex *vertex, struct err *err)
{
	bool first = false;

	if (!err || !sandbox_refused_overlay(err))
		return false;
	pthread_mutex_lock(&solver->lock);
	first = !solver->flat_roots;
	solver->flat_roots = true;
	pthread_mutex_unlock(&solver->lock);
	if (first)
		monitor_text(solver->monitor, vertex->step, EVENT_WARNING,
			     "%s; so each RUN gets a copy of all files below it, which is slow and "
			     "takes as much space again%s%s",
			     err->message, err->hint ? ": " : "", err->hint ? err->hint : "");
	err_clear(err);
	return true;
}

static int open_view(const struct flat_root *root, struct tree **ret, struct err *err)
{
	AUTO(strvec_release) struct strvec lowers = STRVEC_INIT;

	strvec_addf(&lowers, "%s/fs", root->snapshot);
	return view_open(store_dir_fd(root->store), &lowers, ret, err);
}

static int copy(struct solver *solver, const struct strvec *lowers, int fd, struct err *err)
{
	static const struct tree_pack_options options = { .mtime = -1 };
	AUTO(tree_freep) struct tree *files = NULL;
	AUTO(layer_unpacker_freep) struct layer_unpacker *unpacker = NULL;

	if (view_open(store_dir_fd(solver->store), lowers, &files, err) < 0)
		return -1;
	unpacker = layer_unpacker_new(fd, err);
	if (!unpacker ||
	    tree_pack(files, &options, layer_unpacker_sink(unpacker), solver->monitor, err) < 0)
		return -1;
	return layer_unpacker_finish(unpacker, err);
}

int flat_root_make(struct solver *solver, const struct strvec *lowers, struct flat_root *ret,
		   struct err *err)
{
	AUTO(freep) char *fs = NULL;
	AUTO(fd_closep) int fd = -1;

	ret->store = solver->store;
	if (store_new_snapshot(solver->store, ret->snapshot, err) < 0) {
		ret->snapshot[0] = '\0';
		return -1;
	}
	fs = xasprintf("%s/fs", ret->snapshot);
	if (fd_open(store_dir_fd(solver->store), fs, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0 ||
	    copy(solver, lowers, fd, err) < 0 || tree_diff_settle(fd, err) < 0 ||
	    open_view(ret, &ret->before, err) < 0)
		return -1;
	return tree_load(ret->before, err);
}

int flat_root_pack(const struct flat_root *root, struct layer_sink *sink,
		   const struct monitor *monitor, struct err *err)
{
	AUTO(tree_freep) struct tree *after = NULL;

	if (open_view(root, &after, err) < 0)
		return -1;
	return tree_diff(root->before, after, sink, monitor, err);
}

void flat_root_release(struct flat_root *root)
{
	tree_freep(&root->before);
	if (root->snapshot[0])
		snapshot_drop(root->store, root->snapshot);
	root->snapshot[0] = '\0';
}
