#include "context/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/str.h"
#include "context/attributes.h"

struct directory_tree {
	struct tree tree;
	const struct ignore *ignore; /* NULL = nothing is ignored */
	struct ignore_state *root_state;
	int fd;
};

static struct directory_tree *of(struct tree *tree)
{
	return CONTAINER_OF(tree, struct directory_tree, tree);
}

static const struct ignore_state *state_of(const struct directory_tree *d,
					   const struct tree_node *dir)
{
	return dir->parent ? dir->extra : d->root_state;
}

/* Sets node->extra; *ret tells whether the path belongs to the context. */
static int apply_ignore(struct directory_tree *d, const struct tree_node *dir,
			struct tree_node *node, const char *path, struct tree_nursery *nursery,
			bool *ret, struct err *err)
{
	bool is_dir = S_ISDIR(node->st.st_mode);
	struct ignore_state *below = NULL;
	bool ignored = ignore_step(d->ignore, state_of(d, dir), path, is_dir ? &below : NULL);

	node->extra = below;
	*ret = !ignored;
	if (!ignored || !is_dir || ignore_prunes(d->ignore, path))
		return 0;
	/* A '!' pattern may bring something below it back: its parents come with it. */
	if (tree_load_children(&d->tree, node, nursery, err) < 0)
		return -1;
	*ret = node->children.len > 0;
	return 0;
}

/* As BuildKit has it: a socket is an empty file of the context. */
static void show_socket_as_file(struct stat *st)
{
	if (!S_ISSOCK(st->st_mode))
		return;
	st->st_mode = S_IFREG | (st->st_mode & ~(mode_t)S_IFMT);
	st->st_size = 0;
	st->st_nlink = 1;
}

static int directory_find(struct tree *tree, const struct tree_node *dir, struct tree_node *node,
			  bool *ret_found, struct err *err)
{
	struct directory_tree *d = of(tree);
	AUTO(freep) char *path = tree_path(node);

	*ret_found = false;
	if (fstatat(d->fd, path, &node->st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(err, "'%s'", path);
	*ret_found = true;
	show_socket_as_file(&node->st);
	return d->ignore ? apply_ignore(d, dir, node, path, &tree->nurseries[0], ret_found, err)
			 : 0;
}

static int directory_list(struct tree *tree, const struct tree_node *dir, struct strvec *ret,
			  struct err *err)
{
	AUTO(freep) char *path = tree_path(dir);

	return dir_names(of(tree)->fd, path, O_NOFOLLOW, ret, err);
}

static int load_child(struct directory_tree *d, struct tree_node *dir, int dir_fd, const char *name,
		      struct tree_nursery *nursery, struct err *err)
{
	struct tree_node *node = tree_node_new(nursery, dir, name);
	bool found = true;
	int result = 0;

	if (fstatat(dir_fd, name, &node->st, AT_SYMLINK_NOFOLLOW) < 0) {
		found = false;
		if (errno != ENOENT) /* it has just been removed */
			result = err_errno(err, "stat '%s'", name);
	} else {
		show_socket_as_file(&node->st);
	}
	if (found && d->ignore) {
		AUTO(freep) char *path = tree_path(node);

		result = apply_ignore(d, dir, node, path, nursery, &found, err);
	}
	if (result == 0 && found)
		tree_node_keep(node);
	else
		tree_node_drop(&d->tree, nursery, node);
	return result;
}

/* A look-up by name in the open directory costs half of one by the path from the root. */
static int directory_load(struct tree *tree, struct tree_node *dir, struct tree_nursery *nursery,
			  struct err *err)
{
	AUTO(freep) char *path = tree_path(dir);
	AUTO(dir_closep) DIR *stream = dir_open(of(tree)->fd, path, O_NOFOLLOW);
	const struct dirent *entry;

	while (stream && (entry = dir_next(stream))) {
		if (load_child(of(tree), dir, dirfd(stream), entry->d_name, nursery, err) < 0)
			return err_wrap(err, "'%s'", path);
	}
	return !stream || errno ? err_errno(err, "read directory '%s'", path) : 0;
}

static int directory_open(struct tree *tree, const struct tree_node *node, int *ret_fd,
			  struct err *err)
{
	AUTO(freep) char *path = tree_path(node);

	*ret_fd = openat(of(tree)->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	/* a socket */
	if (*ret_fd < 0 && errno == ENXIO)
		*ret_fd = memfd_create("empty", MFD_CLOEXEC);
	return *ret_fd < 0 ? err_errno(err, "open '%s'", path) : 0;
}

static int directory_read_link(struct tree *tree, const struct tree_node *node, char **ret,
			       struct err *err)
{
	AUTO(freep) char *path = tree_path(node);

	return fs_readlink(of(tree)->fd, path, ret, err);
}

static int directory_read_xattrs(struct tree *tree, const struct tree_node *node,
				 struct layer_xattrs *ret, struct err *err)
{
	AUTO(freep) char *path = tree_path(node);
	AUTO(freep) char *name = xasprintf("/proc/self/fd/%d/%s", of(tree)->fd, path);

	return xattrs_read(name, ret, err) < 0 ? err_wrap(err, "'%s'", path) : 0;
}

static void directory_release_extra(void *extra)
{
	ignore_state_free(extra);
}

static void directory_release(struct tree *tree)
{
	struct directory_tree *d = of(tree);

	ignore_state_free(d->root_state);
	fd_closep(&d->fd);
}

static const struct tree_ops directory_ops = {
	.find = directory_find,
	.list = directory_list,
	.load = directory_load,
	.open = directory_open,
	.read_link = directory_read_link,
	.read_xattrs = directory_read_xattrs,
	.release_extra = directory_release_extra,
	.release = directory_release,
};

int directory_tree_open(const char *path, const struct ignore *ignore, struct tree **ret,
			struct err *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct directory_tree *d;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, "build context '%s'", path);
	d = xcalloc(1, sizeof(*d));
	d->fd = TAKE_FD(fd);
	d->ignore = ignore;
	d->root_state = ignore ? ignore_root(ignore) : NULL;
	tree_init(&d->tree, &directory_ops, &st);
	*ret = &d->tree;
	return 0;
}
