#include "context/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
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

static int find_visible(struct tree *tree, struct tree_node *dir, bool *ret, struct err *err)
{
	const struct tree_nodes *children = NULL;

	if (tree_list(tree, dir, &children, err) < 0)
		return -1;
	*ret = children->len > 0;
	return 0;
}

/* Sets node->extra; *ret tells whether the path belongs to the context. */
static int apply_ignore(struct directory_tree *d, const struct tree_node *dir,
			struct tree_node *node, const char *path, bool *ret, struct err *err)
{
	bool is_dir = S_ISDIR(node->st.st_mode);
	struct ignore_state *below = NULL;
	bool ignored = ignore_step(d->ignore, state_of(d, dir), path, is_dir ? &below : NULL);

	node->extra = below;
	*ret = !ignored;
	if (!ignored || !is_dir || ignore_prunes(d->ignore, path))
		return 0;
	/* A '!' pattern may bring something below it back: its parents come with it. */
	return find_visible(&d->tree, node, ret, err);
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
	return d->ignore ? apply_ignore(d, dir, node, path, ret_found, err) : 0;
}

static int directory_list(struct tree *tree, const struct tree_node *dir, struct strvec *ret,
			  struct err *err)
{
	AUTO(freep) char *path = tree_path(dir);
	int fd = openat(of(tree)->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!stream)
		return err_errno(err, "read directory '%s'", path);
	errno = 0;
	while ((entry = readdir(stream))) {
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			strvec_add(ret, entry->d_name);
		errno = 0;
	}
	if (errno) {
		int errnum = errno;

		(void)closedir(stream); /* the first failure is the one to report */
		return err_errnum(err, errnum, "read directory '%s'", path);
	}
	(void)closedir(stream); /* nothing was written */
	return 0;
}

static int directory_open(struct tree *tree, const struct tree_node *node, int *ret_fd,
			  struct err *err)
{
	AUTO(freep) char *path = tree_path(node);

	*ret_fd = openat(of(tree)->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
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
