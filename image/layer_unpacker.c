#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sparse.h"
#include "base/str.h"
#include "dir_chain.h"
#include "image/layer.h"
#include "overlay.h"
#include "xattr.h"

#define HOLE_MIN 4096 /* smaller ones save no block */

/* What a directory becomes once nothing more is put into it. */
struct dir_end {
	char *path;
	mode_t mode;
	struct timespec mtime;
	size_t order; /* of a directory that comes twice the last counts */
};

struct dir_ends {
	struct dir_end *items;
	size_t len, cap;
};

/* The file whose data is coming. */
struct open_file {
	int fd; /* -1 = none */
	struct str path;
	uint64_t remaining;
	uid_t uid;
	gid_t gid;
	mode_t mode;
	struct timespec mtime;
	struct layer_xattrs xattrs;
};

struct layer_unpacker {
	struct layer_sink sink;
	struct dir_chain dirs, link_dirs; /* the second for the targets of hard links */
	struct open_file file;
	struct dir_ends dir_ends;
	bool lost_owners;
};

/* --- owner, mode, attributes and time --- */

/*
 * Where the user namespace has no such id, the file stays ours. Then it must not keep the set-id bits either: they
 * would be our own identity's.
 */
static int set_owner(struct layer_unpacker *u, int fd, const char *name, uid_t uid, gid_t gid,
		     mode_t *mode, struct err *err)
{
	int flags = *name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;

	if (fchownat(fd, name, uid, gid, flags) == 0)
		return 0;
	if (errno != EPERM && errno != EINVAL)
		return err_errno(err, "set the owner");
	u->lost_owners = true;
	*mode &= ~(mode_t)(S_ISUID | S_ISGID);
	return 0;
}

static void both_times(struct timespec times[2], struct timespec mtime)
{
	times[0] = times[1] = mtime;
}

/* Of what cannot be opened without side effects. */
static int set_metadata_at(struct layer_unpacker *u, int dir_fd, const char *name,
			   const struct layer_entry *e, struct err *err)
{
	struct timespec times[2];
	mode_t mode = e->mode & 07777;

	if (set_owner(u, dir_fd, name, e->uid, e->gid, &mode, err) < 0)
		return -1;
	/* we made it a moment ago, so it is no symbolic link that chmod could follow */
	if (e->type != LAYER_SYMLINK && fchmodat(dir_fd, name, mode, 0) < 0)
		return err_errno(err, "set the mode");
	both_times(times, e->mtime);
	if (utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, "set the time");
	return 0;
}

/* Owner first: a change of it clears the set-id bits and the capability, and so does writing. */
static int close_file(struct layer_unpacker *u, struct err *err)
{
	struct open_file *f = &u->file;
	struct timespec times[2];
	mode_t mode = f->mode;

	both_times(times, f->mtime);
	if (set_owner(u, f->fd, "", f->uid, f->gid, &mode, err) < 0)
		return -1;
	if (fchmod(f->fd, mode) < 0)
		return err_errno(err, "set the mode");
	if (xattr_write(f->fd, &f->xattrs, err) < 0)
		return -1;
	if (futimens(f->fd, times) < 0)
		return err_errno(err, "set the time");
	layer_xattrs_release(&f->xattrs);
	return fd_close(&f->fd, f->path.ptr, err);
}

/* --- entries --- */

/* Makes way for `name`, which is the entry's. */
static int clear(struct layer_unpacker *u, int dir_fd, const char *name, const char *path,
		 struct err *err)
{
	dir_chain_forget(&u->dirs, path);
	dir_chain_forget(&u->link_dirs, path);
	return dir_clear(dir_fd, name, err);
}

static int unpack_file(struct layer_unpacker *u, int dir_fd, const char *name,
		       const struct layer_entry *e, struct err *err)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	struct open_file *f = &u->file;

	f->fd = openat(dir_fd, name, flags, 0600);
	if (f->fd < 0 && errno == EEXIST) {
		if (clear(u, dir_fd, name, e->path, err) < 0)
			return -1;
		f->fd = openat(dir_fd, name, flags, 0600);
	}
	if (f->fd < 0)
		return err_errno(err, "create it");
	str_clear(&f->path);
	str_add(&f->path, e->path);
	f->remaining = e->size;
	f->uid = e->uid;
	f->gid = e->gid;
	f->mode = e->mode & 07777;
	f->mtime = e->mtime;
	for (size_t i = 0; e->xattrs && i < e->xattrs->len; i++)
		if (xattr_is_wanted(e->xattrs->items[i].name))
			layer_xattrs_add(&f->xattrs, e->xattrs->items[i].name,
					 e->xattrs->items[i].value, e->xattrs->items[i].len);
	return f->remaining == 0 ? close_file(u, err) : 0;
}

static int finish_dir_later(struct layer_unpacker *u, int fd, const struct layer_entry *e,
			    struct err *err)
{
	mode_t mode = e->mode & 07777;

	if (set_owner(u, fd, "", e->uid, e->gid, &mode, err) < 0 ||
	    xattr_write(fd, e->xattrs, err) < 0)
		return -1;
	*VEC_ADD(&u->dir_ends) = (struct dir_end){
		.path = xstrdup(e->path),
		.mode = mode,
		.mtime = e->mtime,
		.order = u->dir_ends.len,
	};
	return 0;
}

static int unpack_dir(struct layer_unpacker *u, int dir_fd, const char *name,
		      const struct layer_entry *e, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (dir_make(dir_fd, name, 0700, &fd, err) < 0)
		return -1;
	return finish_dir_later(u, fd, e, err);
}

static int unpack_symlink(struct layer_unpacker *u, int dir_fd, const char *name,
			  const struct layer_entry *e, struct err *err)
{
	if (symlinkat(e->link, dir_fd, name) < 0) {
		if (errno != EEXIST)
			return err_errno(err, "create a symbolic link");
		if (clear(u, dir_fd, name, e->path, err) < 0)
			return -1;
		if (symlinkat(e->link, dir_fd, name) < 0)
			return err_errno(err, "create a symbolic link");
	}
	return set_metadata_at(u, dir_fd, name, e, err);
}

static int not_here(const char *link, struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED, "hard link to '%s', which this layer does not have",
		       link);
}

/* The target is looked up without following links, as everything; and a link is to the very name, even if that is a link. */
static int unpack_hardlink(struct layer_unpacker *u, int dir_fd, const char *name,
			   const struct layer_entry *e, struct err *err)
{
	AUTO(freep) char *target_dir = path_dir(e->link);
	const char *target = path_base(e->link);
	int target_fd = -1;

	if (strcmp(e->link, e->path) == 0)
		return 0;
	if (dir_chain_open(&u->link_dirs, target_dir, DIR_CHAIN_EXISTING, &target_fd, err) < 0)
		return -1;
	if (target_fd < 0)
		return not_here(e->link, err);
	if (linkat(target_fd, target, dir_fd, name, 0) == 0)
		return 0;
	if (errno == EEXIST) {
		if (faccessat(target_fd, target, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return not_here(e->link, err);
		if (clear(u, dir_fd, name, e->path, err) < 0)
			return -1;
		/* its directory may have gone with it */
		if (dir_chain_open(&u->link_dirs, target_dir, DIR_CHAIN_EXISTING, &target_fd, err) <
		    0)
			return -1;
		if (target_fd < 0)
			return not_here(e->link, err);
		if (linkat(target_fd, target, dir_fd, name, 0) == 0)
			return 0;
	}
	return errno == ENOENT ? not_here(e->link, err) : err_errno(err, "link to '%s'", e->link);
}

static mode_t node_type(enum layer_entry_type type)
{
	return type == LAYER_CHAR ? S_IFCHR : type == LAYER_BLOCK ? S_IFBLK : S_IFIFO;
}

static int unpack_node(struct layer_unpacker *u, int dir_fd, const char *name,
		       const struct layer_entry *e, struct err *err)
{
	if (clear(u, dir_fd, name, e->path, err) < 0)
		return -1;
	if (mknodat(dir_fd, name, node_type(e->type) | 0600, e->rdev) == 0)
		return set_metadata_at(u, dir_fd, name, e, err);
	/* devices are the initial user namespace's */
	if (errno == EPERM && e->type != LAYER_FIFO)
		return 0;
	return err_errno(err, "create a device or fifo");
}

static int mark_opaque(int dir_fd, const char *name, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (dir_make(dir_fd, name, 0755, &fd, err) < 0)
		return -1;
	return overlay_make_opaque(fd, err);
}

/*
 * It is about the layers below (layer.md#whiteouts). What this layer itself has of that name stays, and hides
 * what is below by being there; only a directory has to be told so.
 */
static int unpack_whiteout(int dir_fd, const char *name, struct err *err)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return err_errno(err, "stat it");
		return overlay_make_whiteout(dir_fd, name, err);
	}
	return S_ISDIR(st.st_mode) ? mark_opaque(dir_fd, name, err) : 0;
}

static int unpack_root(struct layer_unpacker *u, const struct layer_entry *e, struct err *err)
{
	if (e->type == LAYER_DIR)
		return finish_dir_later(u, u->dirs.root_fd, e, err);
	/* overlayfs always merges the roots */
	if (e->type == LAYER_OPAQUE)
		return err_set(err, ERR_UNSUPPORTED, "a layer that hides all layers below it");
	return err_set(err, ERR_INPUT, "the root is not a directory");
}

/* Sinks are told clean paths; being told others must not lead out. */
static bool is_clean(const char *path)
{
	struct span rest = span_of(path), name;
	bool more = true;

	while (more) {
		more = span_cut(&rest, '/', &name);
		if (name.len == 0 || span_eq(name, ".") || span_eq(name, ".."))
			return false;
	}
	return true;
}

static int unpack(struct layer_unpacker *u, const struct layer_entry *e, struct err *err)
{
	AUTO(freep) char *dir = path_dir(e->path);
	const char *name = path_base(e->path);
	int dir_fd = -1;

	if (strcmp(e->path, ".") == 0)
		return unpack_root(u, e, err);
	if (!is_clean(e->path))
		return err_set(err, ERR_INPUT, "that is not a clean path");
	if (dir_chain_open(&u->dirs, dir, DIR_CHAIN_MAKE, &dir_fd, err) < 0)
		return -1;
	switch (e->type) {
	case LAYER_FILE: return unpack_file(u, dir_fd, name, e, err);
	case LAYER_DIR: return unpack_dir(u, dir_fd, name, e, err);
	case LAYER_SYMLINK: return unpack_symlink(u, dir_fd, name, e, err);
	case LAYER_HARDLINK: return unpack_hardlink(u, dir_fd, name, e, err);
	case LAYER_CHAR:
	case LAYER_BLOCK:
	case LAYER_FIFO: return unpack_node(u, dir_fd, name, e, err);
	case LAYER_WHITEOUT: return unpack_whiteout(dir_fd, name, err);
	case LAYER_OPAQUE: return mark_opaque(dir_fd, name, err);
	default: return err_set(err, ERR_INPUT, "unknown type of entry");
	}
}

static int check_complete(const struct layer_unpacker *u, struct err *err)
{
	if (u->file.fd < 0)
		return 0;
	return err_set(err, ERR_INPUT, "unpack '%s': its data ends early", u->file.path.ptr);
}

static int unpacker_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct layer_unpacker *u = CONTAINER_OF(sink, struct layer_unpacker, sink);

	if (check_complete(u, err) < 0)
		return -1;
	return unpack(u, entry, err) == 0 ? 0 : err_wrap(err, "unpack '%.500s'", entry->path);
}

/* Zeros become a hole: a tar has none, and an 8 GiB file that takes nothing should not take 8 GiB of the store. */
static int write_data(struct open_file *f, const void *data, size_t len, struct err *err)
{
	if (len < HOLE_MIN || !is_zero(data, len))
		return fd_write_all(f->fd, data, len, f->path.ptr, err);
	if (lseek(f->fd, (off_t)len, SEEK_CUR) < 0)
		return err_errno(err, "write '%s'", f->path.ptr);
	/* the last bytes of a file must be there for it to have its size */
	if (len == f->remaining && ftruncate(f->fd, lseek(f->fd, 0, SEEK_CUR)) < 0)
		return err_errno(err, "write '%s'", f->path.ptr);
	return 0;
}

static int unpacker_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct layer_unpacker *u = CONTAINER_OF(sink, struct layer_unpacker, sink);
	struct open_file *f = &u->file;

	if (len == 0)
		return 0;
	if (f->fd < 0 || len > f->remaining)
		return err_set(err, ERR_INPUT, "unpack '%s': more data than it has", f->path.ptr);
	if (write_data(f, data, len, err) < 0)
		return err_wrap(err, "unpack");
	f->remaining -= len;
	if (f->remaining > 0)
		return 0;
	return close_file(u, err) == 0 ? 0 : err_wrap(err, "unpack '%s'", f->path.ptr);
}

/* --- beginning and end --- */

struct layer_unpacker *layer_unpacker_new(int dir_fd, struct err *err)
{
	struct layer_unpacker *u;
	int root_fd = -1;

	if (fd_open(dir_fd, ".", O_RDONLY | O_DIRECTORY, 0, &root_fd, err) < 0)
		return NULL;
	u = xcalloc(1, sizeof(*u));
	u->sink = (struct layer_sink){ .entry = unpacker_entry, .data = unpacker_data };
	dir_chain_init(&u->dirs, root_fd);
	dir_chain_init(&u->link_dirs, root_fd);
	u->file.fd = -1;
	str_init(&u->file.path, 0);
	return u;
}

struct layer_sink *layer_unpacker_sink(struct layer_unpacker *u)
{
	return &u->sink;
}

bool layer_unpacker_lost_owners(const struct layer_unpacker *u)
{
	return u->lost_owners;
}

/* Descending, so that a directory comes behind all that is in it; of the same path the last entry first. */
static int compare_dir_ends(const void *a, const void *b)
{
	const struct dir_end *left = a, *right = b;
	int order = strcmp(right->path, left->path);

	if (order)
		return order;
	return left->order < right->order ? 1 : -1;
}

/* "." sorts before letters, but a directory may be called "-". */
static bool is_root(const struct dir_end *end)
{
	return strcmp(end->path, ".") == 0;
}

static int finish_dir(struct layer_unpacker *u, const struct dir_end *end, struct err *err)
{
	struct timespec times[2];
	int fd = -1;

	if (dir_chain_open(&u->dirs, end->path, DIR_CHAIN_EXISTING, &fd, err) < 0)
		return -1;
	/* something else has taken its place since */
	if (fd < 0)
		return 0;
	both_times(times, end->mtime);
	if (fchmod(fd, end->mode) < 0)
		return err_errno(err, "set the mode of '%s'", end->path);
	if (futimens(fd, times) < 0)
		return err_errno(err, "set the time of '%s'", end->path);
	return 0;
}

static int finish_dirs(struct layer_unpacker *u, struct err *err)
{
	const struct dir_end *root = NULL, *last = NULL;

	if (u->dir_ends.len > 0)
		qsort(u->dir_ends.items, u->dir_ends.len, sizeof(*u->dir_ends.items),
		      compare_dir_ends);
	VEC_FOREACH(end, &u->dir_ends) {
		if (last && strcmp(last->path, end->path) == 0)
			continue;
		last = end;
		if (is_root(end))
			root = end;
		else if (finish_dir(u, end, err) < 0)
			return -1;
	}
	return root ? finish_dir(u, root, err) : 0;
}

int layer_unpacker_finish(struct layer_unpacker *u, struct err *err)
{
	if (check_complete(u, err) < 0)
		return -1;
	return finish_dirs(u, err);
}

void layer_unpacker_freep(struct layer_unpacker **unpacker)
{
	struct layer_unpacker *u = TAKE(*unpacker);

	if (!u)
		return;
	int root_fd = u->dirs.root_fd;
	dir_chain_release(&u->dirs);
	dir_chain_release(&u->link_dirs);
	fd_closep(&root_fd);
	fd_closep(&u->file.fd);
	str_release(&u->file.path);
	layer_xattrs_release(&u->file.xattrs);
	VEC_FOREACH(end, &u->dir_ends)
		free(end->path);
	free(u->dir_ends.items);
	free(u);
}
