/*
 * The walk keeps one directory open, whatever the depth, and comes back by ".." (checked to be the same directory), so that
 * neither the number of descriptors nor PATH_MAX bounds the tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/file_links.h"
#include "base/fs.h"
#include "base/sparse.h"
#include "base/str.h"
#include "image/layer.h"
#include "overlay.h"
#include "xattr.h"

#define BUFFER_SIZE   ((size_t)256 * 1024)
#define CHECK_ENTRIES 64 /* entries between two looks at the monitor */

/* A directory that we are in. */
struct frame {
	struct strvec names; /* sorted */
	size_t next;
	size_t path_len; /* of walk.path, for this directory */
	dev_t dev;
	ino_t ino;
};

struct frames {
	struct frame *items;
	size_t len, cap;
};

struct walk {
	const struct layer_pack_options *options;
	struct layer_sink *sink;
	const struct monitor *monitor;
	struct frames frames;
	int dir_fd;      /* of the top frame; owned */
	struct str path; /* of the entry at hand */
	struct file_links links;
	char *buffer;
	unsigned count;
};

/* --- one entry --- */

static void from_stat(struct layer_entry *e, const struct stat *st, const char *path)
{
	*e = (struct layer_entry){
		.path = path,
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mtime = st->st_mtim,
		.rdev = st->st_rdev,
	};
}

static int send(struct walk *w, const struct layer_entry *e, struct err *err)
{
	return w->sink->entry(w->sink, e, err);
}

static int changed(const struct walk *w, struct err *err)
{
	err_set(err, ERR_INPUT, "'%s' changed while it was read", w->path.ptr);
	return err_hint(err, "something else is writing to it: try again");
}

static int send_data(struct walk *w, int fd, const struct stat *before, struct err *err)
{
	uint64_t size = (uint64_t)before->st_size;
	struct sparse_reader reader;
	struct stat st;

	sparse_reader_init(&reader, fd, before);
	while (reader.at < size) {
		uint64_t left = size - reader.at;
		const void *data;
		ssize_t n = sparse_read(&reader, w->buffer,
					left < BUFFER_SIZE ? (size_t)left : BUFFER_SIZE,
					w->path.ptr, &data, err);

		if (n < 0 || monitor_check(w->monitor, err) < 0)
			return -1;
		if (n == 0)
			return changed(w, err);
		if (w->sink->data(w->sink, data, (size_t)n, err) < 0)
			return -1;
	}
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat '%s'", w->path.ptr);
	return st.st_size == before->st_size ? 0 : changed(w, err);
}

static int send_file(struct walk *w, const char *name, struct err *err)
{
	AUTO(layer_xattrs_release) struct layer_xattrs xattrs = { .items = NULL };
	AUTO(fd_closep) int fd = -1;
	struct layer_entry e;
	struct stat st;

	/* not blocking: what was a file may have become a fifo */
	if (fd_open(w->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat '%s'", w->path.ptr);
	if (!S_ISREG(st.st_mode))
		return changed(w, err);
	from_stat(&e, &st, w->path.ptr);
	e.link = file_links_find(&w->links, &st, 0, w->path.ptr);
	if (e.link) {
		e.type = LAYER_HARDLINK;
		return send(w, &e, err);
	}
	if (xattr_read(fd, &xattrs, err) < 0)
		return -1;
	if (w->options->overlay && overlay_check(fd, err) < 0)
		return -1;
	e.type = LAYER_FILE;
	e.size = (uint64_t)st.st_size;
	e.xattrs = &xattrs;
	if (send(w, &e, err) < 0)
		return -1;
	return send_data(w, fd, &st, err);
}

static int send_symlink(struct walk *w, const char *name, const struct stat *st, struct err *err)
{
	AUTO(freep) char *target = NULL;
	struct layer_entry e;

	if (fs_readlink(w->dir_fd, name, &target, err) < 0)
		return -1;
	from_stat(&e, st, w->path.ptr);
	e.type = LAYER_SYMLINK;
	e.link = target;
	return send(w, &e, err);
}

static int send_special(struct walk *w, const struct stat *st, struct err *err)
{
	struct layer_entry e;

	if (w->options->overlay && overlay_is_whiteout(st))
		return send(w, &(struct layer_entry){ .type = LAYER_WHITEOUT, .path = w->path.ptr },
			    err);
	from_stat(&e, st, w->path.ptr);
	if (S_ISFIFO(st->st_mode))
		e.type = LAYER_FIFO;
	else if (S_ISBLK(st->st_mode))
		e.type = LAYER_BLOCK;
	else if (S_ISCHR(st->st_mode))
		e.type = LAYER_CHAR;
	else
		return 0; /* sockets are of a process, not of an image */
	return send(w, &e, err);
}

/* --- directories --- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(int fd, const char *path, struct strvec *names, struct err *err)
{
	AUTO(dir_closep) DIR *dir = dir_open(fd, ".", 0);
	const struct dirent *e;

	while (dir && (e = dir_next(dir)))
		strvec_add(names, e->d_name);
	if (!dir || errno)
		return err_errno(err, "read the directory '%s'", path);
	if (names->len > 1)
		qsort(names->items, names->len, sizeof(*names->items), compare_names);
	return 0;
}

static int enter(struct walk *w, int owned_fd, const struct stat *st, struct err *err)
{
	struct frame *frame = VEC_ADD(&w->frames);

	frame->path_len = w->path.len;
	frame->dev = st->st_dev;
	frame->ino = st->st_ino;
	fd_closep(&w->dir_fd);
	w->dir_fd = owned_fd;
	return read_names(w->dir_fd, w->path.len ? w->path.ptr : ".", &frame->names, err);
}

/* Leaves the top directory, and opens the one above. */
static int leave(struct walk *w, struct err *err)
{
	const struct frame *parent;
	struct stat st;
	int up = -1;

	strvec_release(&w->frames.items[--w->frames.len].names);
	if (w->frames.len == 0)
		return 0;
	parent = &w->frames.items[w->frames.len - 1];
	if (fd_open(w->dir_fd, "..", O_RDONLY | O_DIRECTORY, 0, &up, err) < 0)
		return -1;
	fd_closep(&w->dir_fd);
	w->dir_fd = up;
	if (fstat(up, &st) < 0)
		return err_errno(err, "stat '%s'", w->path.ptr);
	if (st.st_dev != parent->dev || st.st_ino != parent->ino)
		return changed(w, err);
	return 0;
}

static int send_dir_entry(struct walk *w, int fd, const struct stat *st, const char *path,
			  struct err *err)
{
	AUTO(layer_xattrs_release) struct layer_xattrs xattrs = { .items = NULL };
	struct layer_entry e;
	bool opaque = false;

	if (xattr_read(fd, &xattrs, err) < 0)
		return -1;
	if (w->options->overlay &&
	    (overlay_check(fd, err) < 0 || overlay_is_opaque(fd, &opaque, err) < 0))
		return -1;
	from_stat(&e, st, path);
	e.type = LAYER_DIR;
	e.xattrs = &xattrs;
	if (send(w, &e, err) < 0)
		return -1;
	if (!opaque)
		return 0;
	return send(w, &(struct layer_entry){ .type = LAYER_OPAQUE, .path = path }, err);
}

static int visit_dir(struct walk *w, const char *name, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (fd_open(w->dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat '%s'", w->path.ptr);
	if (send_dir_entry(w, fd, &st, w->path.ptr, err) < 0)
		return -1;
	return enter(w, TAKE_FD(fd), &st, err);
}

static int visit(struct walk *w, const char *name, struct err *err)
{
	struct stat st;

	if (++w->count % CHECK_ENTRIES == 0 && monitor_check(w->monitor, err) < 0)
		return -1;
	if (w->options->exclude && strvec_contains(w->options->exclude, w->path.ptr))
		return 0;
	if (fstatat(w->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, "stat '%s'", w->path.ptr);
	if (S_ISDIR(st.st_mode))
		return visit_dir(w, name, err);
	if (S_ISREG(st.st_mode))
		return send_file(w, name, err);
	if (S_ISLNK(st.st_mode))
		return send_symlink(w, name, &st, err);
	return send_special(w, &st, err);
}

static int walk_all(struct walk *w, struct err *err)
{
	while (w->frames.len > 0) {
		struct frame *top = &w->frames.items[w->frames.len - 1];
		const char *name;

		str_truncate(&w->path, top->path_len);
		if (top->next == top->names.len) {
			if (leave(w, err) < 0)
				return -1;
			continue;
		}
		name = top->names.items[top->next++];
		str_addf(&w->path, "%s%s", w->path.len ? "/" : "", name);
		if (visit(w, name, err) < 0)
			return -1;
	}
	return 0;
}

static int walk_start(struct walk *w, int dir_fd, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (fd_open(dir_fd, ".", O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat the directory");
	if (w->options->root && send_dir_entry(w, fd, &st, ".", err) < 0)
		return -1;
	return enter(w, TAKE_FD(fd), &st, err);
}

int layer_pack_dir(int dir_fd, const struct layer_pack_options *options, struct layer_sink *sink,
		   const struct monitor *monitor, struct err *err)
{
	struct walk w = {
		.options = options,
		.sink = sink,
		.monitor = monitor,
		.dir_fd = -1,
		.path = STR_INIT,
		.links = FILE_LINKS_INIT,
		.buffer = xmalloc(BUFFER_SIZE),
	};
	int result = walk_start(&w, dir_fd, err);

	if (result == 0)
		result = walk_all(&w, err);
	VEC_FOREACH(frame, &w.frames)
		strvec_release(&frame->names);
	free(w.frames.items);
	fd_closep(&w.dir_fd);
	str_release(&w.path);
	file_links_release(&w.links);
	free(w.buffer);
	return result;
}
