#include "tree_diff.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "solve/tree_pack.h"

#define SETTLE_NAME    ".edgectl-clock"
#define SETTLE_ROUNDS  2000
#define SETTLE_WAIT_NS 1000000

static int load(struct tree *tree, struct tree_node *dir, struct err *err)
{
	const struct tree_nodes *children = NULL;

	if (tree_list(tree, dir, &children, err) < 0)
		return -1;
	for (size_t i = 0; i < children->len; i++)
		if (S_ISDIR(children->items[i]->st.st_mode) &&
		    load(tree, children->items[i], err) < 0)
			return -1;
	return 0;
}

int tree_load(struct tree *tree, struct err *err)
{
	return load(tree, tree->root, err);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static int touch(int dir_fd, struct timespec *ret, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (fd_open(dir_fd, SETTLE_NAME, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0 || unlinkat(dir_fd, SETTLE_NAME, 0) < 0)
		return err_errno(err, "look at the clock of the file system");
	*ret = st.st_ctim;
	return 0;
}

int tree_diff_settle(int dir_fd, struct err *err)
{
	const struct timespec wait = { .tv_nsec = SETTLE_WAIT_NS };
	struct timespec first, now;

	if (touch(dir_fd, &first, err) < 0)
		return -1;
	for (unsigned i = 0; i < SETTLE_ROUNDS; i++) {
		(void)nanosleep(&wait, NULL);
		if (touch(dir_fd, &now, err) < 0)
			return -1;
		if (!same_time(&first, &now))
			return 0;
	}
	return err_set(err, ERR_UNSUPPORTED,
		       "the file system of the store has times of more than two seconds");
}

/* --- comparing --- */

/* A directory on the way to what has changed; NULL above the root's children. */
struct way {
	struct way *above;
	const struct tree_node *node;
	const char *path;
	bool sent;
};

struct diff {
	struct tree_packer packer;
	struct tree *before;
};

static int compare_dirs(struct diff *diff, struct tree_node *before, struct tree_node *after,
			struct way *way, struct err *err);

static int send_way(struct diff *diff, struct way *way, struct err *err)
{
	if (!way || way->sent)
		return 0;
	if (send_way(diff, way->above, err) < 0)
		return -1;
	way->sent = true;
	return tree_packer_put(&diff->packer, way->node, way->path, err);
}

static bool same_owner_and_mode(const struct stat *a, const struct stat *b)
{
	return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

/* The places for mounts, which are gone again, changed the ctime of directories. */
static bool is_same(const struct stat *a, const struct stat *b)
{
	if (!same_owner_and_mode(a, b) || !same_time(&a->st_mtim, &b->st_mtim))
		return false;
	return S_ISDIR(a->st_mode) ||
	       (a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_rdev == b->st_rdev &&
		same_time(&a->st_ctim, &b->st_ctim));
}

static int send_removed(struct diff *diff, const char *path, struct way *way, struct err *err)
{
	const struct layer_entry entry = { .type = LAYER_WHITEOUT, .path = path };

	if (send_way(diff, way, err) < 0)
		return -1;
	return diff->packer.sink->entry(diff->packer.sink, &entry, err);
}

/* `before` may be NULL. */
static int compare_nodes(struct diff *diff, struct tree_node *before, struct tree_node *after,
			 struct way *above, struct err *err)
{
	AUTO(freep) char *path = tree_path(after);
	struct way way = { above, after, path, false };
	bool same = before && is_same(&before->st, &after->st);

	if (S_ISSOCK(after->st.st_mode))
		return before ? send_removed(diff, path, above, err) : 0;
	if (!same) {
		if (send_way(diff, above, err) < 0 ||
		    tree_packer_put(&diff->packer, after, path, err) < 0)
			return -1;
		way.sent = true;
	}
	if (!S_ISDIR(after->st.st_mode))
		return 0;
	return compare_dirs(diff, before && S_ISDIR(before->st.st_mode) ? before : NULL, after,
			    &way, err);
}

/* Two sorted lists at once; `before` may be NULL, for a directory that was not there. */
static int compare_dirs(struct diff *diff, struct tree_node *before, struct tree_node *after,
			struct way *way, struct err *err)
{
	static const struct tree_nodes none = { .items = NULL };
	const struct tree_nodes *old = &none, *new = NULL;
	size_t i = 0, k = 0;

	if (monitor_check(diff->packer.monitor, err) < 0 ||
	    (before && tree_list(diff->before, before, &old, err) < 0) ||
	    tree_list(diff->packer.tree, after, &new, err) < 0)
		return -1;
	while (i < old->len || k < new->len) {
		int order = i == old->len   ? 1
			    : k == new->len ? -1
					    : strcmp(old->items[i]->name, new->items[k]->name);
		AUTO(freep) char *gone = order < 0 ? tree_path(old->items[i]) : NULL;

		if (order < 0 && send_removed(diff, gone, way, err) < 0)
			return -1;
		if (order >= 0 &&
		    compare_nodes(diff, order ? NULL : old->items[i], new->items[k], way, err) < 0)
			return -1;
		i += order <= 0;
		k += order >= 0;
	}
	return 0;
}

int tree_diff(struct tree *before, struct tree *after, struct layer_sink *sink,
	      const struct monitor *monitor, struct err *err)
{
	static const struct tree_pack_options options = { .mtime = -1 };
	struct diff diff = { .before = before };
	int result = 0;

	tree_packer_init(&diff.packer, after, &options, sink, monitor);
	result = compare_dirs(&diff, before->root, after->root, NULL, err);
	tree_packer_release(&diff.packer);
	return result;
}
