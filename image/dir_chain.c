#include "dir_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/vec.h"
#include "overlay.h"

#define OPEN_MAX   64 /* descriptors held by one chain */
#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

void dir_chain_init(struct dir_chain *chain, int root_fd)
{
	*chain = (struct dir_chain){ .root_fd = root_fd };
}

static void truncate_chain(struct dir_chain *chain, size_t len)
{
	while (chain->len > len) {
		struct dir_link *link = &chain->items[--chain->len];

		free(link->name);
		fd_closep(&link->fd);
	}
}

void dir_chain_release(struct dir_chain *chain)
{
	truncate_chain(chain, 0);
	free(chain->items);
	*chain = (struct dir_chain){ .root_fd = -1 };
}

int dir_clear(int parent_fd, const char *name, struct err *err)
{
	if (unlinkat(parent_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return err_errno(err, "remove '%s'", name);
	return fs_remove_all(parent_fd, name, err);
}

static int make_over_other(int parent_fd, const char *name, mode_t mode, int *ret_fd,
			   struct err *err)
{
	bool whiteout = false;
	struct stat st;

	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		whiteout = overlay_is_whiteout(&st) ||
			   overlay_is_marked_whiteout(parent_fd, name, &st);
	if (unlinkat(parent_fd, name, 0) < 0 || mkdirat(parent_fd, name, mode) < 0)
		return err_errno(err, "replace '%s' by a directory", name);
	*ret_fd = openat(parent_fd, name, OPEN_FLAGS);
	if (*ret_fd < 0 || fchmod(*ret_fd, mode) < 0)
		return err_errno(err, "open the directory '%s'", name);
	return whiteout ? overlay_make_opaque(*ret_fd, err) : 0;
}

int dir_make(int parent_fd, const char *name, mode_t mode, int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	bool made = mkdirat(parent_fd, name, mode) == 0;

	if (!made && errno != EEXIST)
		return err_errno(err, "create the directory '%s'", name);
	fd = openat(parent_fd, name, OPEN_FLAGS);
	if (fd < 0 && errno != ENOTDIR && errno != ELOOP)
		return err_errno(err, "open the directory '%s'", name);
	if (fd < 0 && make_over_other(parent_fd, name, mode, &fd, err) < 0)
		return -1;
	/* the umask took from it */
	if (made && fchmod(fd, mode) < 0)
		return err_errno(err, "set the mode of '%s'", name);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* *ret_fd is -1 when there is no such directory. */
static int open_existing(int parent_fd, const char *name, int *ret_fd, struct err *err)
{
	*ret_fd = openat(parent_fd, name, OPEN_FLAGS);
	if (*ret_fd >= 0 || errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
		return 0;
	return err_errno(err, "open the directory '%s'", name);
}

/* The descriptor of the last directory; opened again when it had been closed. */
static int last_fd(struct dir_chain *chain, int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (chain->len == 0 || chain->items[chain->len - 1].fd >= 0) {
		*ret_fd = chain->len ? chain->items[chain->len - 1].fd : chain->root_fd;
		return 0;
	}
	for (size_t i = 0; i < chain->len; i++) {
		int next = -1;

		if (open_existing(fd < 0 ? chain->root_fd : fd, chain->items[i].name, &next, err) <
		    0)
			return -1;
		if (next < 0)
			return err_set(err, ERR_INPUT, "the directory '%s' has gone",
				       chain->items[i].name);
		fd_closep(&fd);
		fd = next;
	}
	*ret_fd = chain->items[chain->len - 1].fd = TAKE_FD(fd);
	return 0;
}

static bool is_component(struct span name)
{
	return name.len > 0 && !span_eq(name, ".") && !span_eq(name, "..");
}

/* Keeps what the chain has in common with the path, and leaves the rest of the path in *rest. */
static void keep_common(struct dir_chain *chain, struct span *rest)
{
	size_t common = 0;

	while (common < chain->len) {
		struct span after = *rest, name;

		(void)span_cut(&after, '/', &name);
		if (!span_eq(name, chain->items[common].name))
			break;
		*rest = after;
		common++;
	}
	truncate_chain(chain, common);
}

/* *ret_fd is -1 when there is no such directory. */
static int descend(struct dir_chain *chain, struct span name, enum dir_chain_mode mode, int *ret_fd,
		   struct err *err)
{
	AUTO(freep) char *text = span_dup(name);
	int parent_fd = -1, fd = -1;

	if (!is_component(name))
		return err_set(err, ERR_INPUT, "a path has a component '%s'", text);
	if (last_fd(chain, &parent_fd, err) < 0)
		return -1;
	if ((mode == DIR_CHAIN_MAKE ? dir_make(parent_fd, text, 0755, &fd, err)
				    : open_existing(parent_fd, text, &fd, err)) < 0)
		return -1;
	*ret_fd = fd;
	if (fd < 0)
		return 0;
	*VEC_ADD(chain) = (struct dir_link){ .name = TAKE(text), .fd = fd };
	if (chain->len > OPEN_MAX)
		fd_closep(&chain->items[chain->len - 1 - OPEN_MAX].fd);
	return 0;
}

int dir_chain_open(struct dir_chain *chain, const char *path, enum dir_chain_mode mode, int *ret_fd,
		   struct err *err)
{
	struct span rest = span_of(strcmp(path, ".") == 0 ? "" : path), name;

	keep_common(chain, &rest);
	while (rest.len > 0) {
		(void)span_cut(&rest, '/', &name);
		if (descend(chain, name, mode, ret_fd, err) < 0)
			return -1;
		if (*ret_fd < 0)
			return 0;
	}
	return last_fd(chain, ret_fd, err);
}

void dir_chain_forget(struct dir_chain *chain, const char *path)
{
	struct span rest = span_of(path), name;
	size_t depth = 0;

	while (rest.len > 0) {
		(void)span_cut(&rest, '/', &name);
		if (depth == chain->len || !span_eq(name, chain->items[depth].name))
			return;
		depth++;
	}
	truncate_chain(chain, depth ? depth - 1 : 0);
}
