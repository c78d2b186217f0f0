#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "context/attributes.h"

/*
 * The layers that a node comes from, uppermost first: several for a directory, one for anything
 * else.
 */
struct origin {
	unsigned count;
	unsigned short layers[];
};

struct view {
	struct tree tree;
	int *fds; /* uppermost first */
	unsigned count;
};

static struct view *of(struct tree *tree)
{
	return CONTAINER_OF(tree, struct view, tree);
}

static bool has_mark_at(const char *name, const char *mark)
{
	char value[2];

	return lgetxattr(name, mark, value, sizeof(value)) == 1 && value[0] == 'y';
}

static char *name_of(int layer_fd, const char *path)
{
	return xasprintf("/proc/self/fd/%d/%s", layer_fd, path);
}

static bool has_mark(int layer_fd, const char *path, const char *mark)
{
	AUTO(freep) char *name = name_of(layer_fd, path);

	return has_mark_at(name, mark);
}

/* The second form is that of layer_unpacker where the store's file system refuses the first. */
static bool is_whiteout(int layer_fd, const char *path, const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return st->st_size == 0 && has_mark(layer_fd, path, "user.edgectl.whiteout");
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/*
 * overlayfs marks by trusted.* or, with the option userxattr, by user.*. Most directories have no attribute at all, which
 * one question tells; each is asked in each layer for each step.
 */
static bool is_opaque(int layer_fd, const char *path)
{
	AUTO(freep) char *name = name_of(layer_fd, path);

	return llistxattr(name, NULL, 0) != 0 && (has_mark_at(name, "user.overlay.opaque") ||
						  has_mark_at(name, "trusted.overlay.opaque") ||
						  has_mark_at(name, "user.edgectl.opaque"));
}

/* Adds what one layer has of `path`; *ret_covered when lower layers do not show through it. */
static int look_in_layer(const struct view *view, unsigned layer, const char *path, bool is_last,
			 struct tree_node *node, struct origin *origin, bool *ret_covered,
			 struct err *err)
{
	struct stat st;

	*ret_covered = false;
	if (fstatat(view->fds[layer], path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(err, "'%s'", path);
	*ret_covered = true;
	if (is_whiteout(view->fds[layer], path, &st) || (origin->count > 0 && !S_ISDIR(st.st_mode)))
		return 0;
	if (origin->count == 0)
		node->st = st;
	origin->layers[origin->count++] = (unsigned short)layer;
	*ret_covered = !S_ISDIR(st.st_mode) || (!is_last && is_opaque(view->fds[layer], path));
	return 0;
}

static int view_find(struct tree *tree, const struct tree_node *dir, struct tree_node *node,
		     bool *ret_found, struct err *err)
{
	const struct view *view = of(tree);
	const struct origin *above = dir->extra;
	AUTO(freep) char *path = tree_path(node);
	struct origin *origin =
		xcalloc(1, sizeof(*origin) + above->count * sizeof(origin->layers[0]));
	bool covered = false;

	node->extra = origin;
	for (unsigned i = 0; i < above->count && !covered; i++) {
		if (look_in_layer(view, above->layers[i], path, i + 1 == above->count, node, origin,
				  &covered, err) < 0)
			return -1;
	}
	*ret_found = origin->count > 0;
	return 0;
}

static int view_list(struct tree *tree, const struct tree_node *dir, struct strvec *ret,
		     struct err *err)
{
	const struct origin *origin = dir->extra;
	AUTO(freep) char *path = tree_path(dir);

	for (unsigned i = 0; i < origin->count; i++) {
		if (dir_names(of(tree)->fds[origin->layers[i]], path, O_NOFOLLOW, ret, err) < 0)
			return -1;
	}
	return 0;
}

static int layer_fd_of(struct tree *tree, const struct tree_node *node)
{
	const struct origin *origin = node->extra;

	return of(tree)->fds[origin->layers[0]];
}

static int view_open_file(struct tree *tree, const struct tree_node *node, int *ret_fd,
			  struct err *err)
{
	AUTO(freep) char *path = tree_path(node);

	return fd_open(layer_fd_of(tree, node), path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, ret_fd,
		       err);
}

static int view_read_link(struct tree *tree, const struct tree_node *node, char **ret,
			  struct err *err)
{
	AUTO(freep) char *path = tree_path(node);

	return fs_readlink(layer_fd_of(tree, node), path, ret, err);
}

static int view_read_xattrs(struct tree *tree, const struct tree_node *node,
			    struct layer_xattrs *ret, struct err *err)
{
	AUTO(freep) char *path = tree_path(node);
	AUTO(freep) char *name = NULL;

	if (of(tree)->count == 0)
		return 0;
	name = xasprintf("/proc/self/fd/%d/%s", layer_fd_of(tree, node), path);
	return xattrs_read(name, ret, err) < 0 ? err_wrap(err, "'%s'", path) : 0;
}

static void view_release(struct tree *tree)
{
	struct view *view = of(tree);

	for (unsigned i = 0; i < view->count; i++)
		fd_closep(&view->fds[i]);
	free(view->fds);
}

static const struct tree_ops view_ops = {
	.find = view_find,
	.list = view_list,
	.open = view_open_file,
	.read_link = view_read_link,
	.read_xattrs = view_read_xattrs,
	.release_extra = free,
	.release = view_release,
};

static void init_root(struct view *view, const struct stat *st)
{
	struct origin *origin =
		xcalloc(1, sizeof(*origin) + view->count * sizeof(origin->layers[0]));

	tree_init(&view->tree, &view_ops, st);
	origin->count = view->count;
	for (unsigned i = 0; i < view->count; i++)
		origin->layers[i] = (unsigned short)i;
	view->tree.root->extra = origin;
}

int view_open(int dir_fd, const struct strvec *lowers, struct tree **ret, struct err *err)
{
	struct stat st = { .st_mode = S_IFDIR | 0755 };
	struct view *view = xcalloc(1, sizeof(*view));
	int result = 0;

	view->fds = xcalloc(lowers->len + 1, sizeof(*view->fds));
	while (result == 0 && view->count < lowers->len) {
		const char *lower = lowers->items[lowers->len - 1 - view->count];

		result = fd_open(dir_fd, lower, O_RDONLY | O_DIRECTORY, 0, &view->fds[view->count],
				 err);
		view->count += result == 0;
	}
	if (result == 0 && view->count > 0 && fstat(view->fds[0], &st) < 0)
		result = err_errno(err, "snapshot");
	if (result < 0) {
		view_release(&view->tree);
		free(view);
		return -1;
	}
	init_root(view, &st);
	*ret = &view->tree;
	return 0;
}
