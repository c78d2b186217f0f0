#include "mount_point.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/vec.h"

#define LINKS_MAX 40

static int mount_id_of(int fd, uint64_t *ret, struct err *err)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
		return err_errno(err, "look at a mount");
	*ret = stx.stx_mnt_id;
	return 0;
}

int mount_points_init(struct mount_points *points, int root_fd, int upper_fd, struct stubs *stubs,
		      struct err *err)
{
	*points = (struct mount_points){ .root_fd = root_fd, .upper_fd = upper_fd, .stubs = stubs };
	return mount_id_of(root_fd, &points->mount_id, err);
}

void mount_points_release(struct mount_points *points)
{
	VEC_FOREACH(mounted, &points->mounted) {
		free(mounted->at);
		free(mounted->host);
	}
	free(points->mounted.items);
}

int mount_point_find(const struct mount_points *points, const char *target, int *ret_fd,
		     struct err *err)
{
	AUTO(err_release) struct err open_err = ERR_INIT;

	*ret_fd = -1;
	if (fd_open_in_root(points->root_fd, target, O_PATH, 0, ret_fd, &open_err) == 0)
		return 0;
	*ret_fd = -1;
	if (open_err.errnum == ENOENT || open_err.errnum == ENOTDIR)
		return 0;
	err_move(err, &open_err);
	return -1;
}

/* --- making --- */

/* Where `fd` is, seen from the root: links may have led to it. */
static int path_of(const struct mount_points *points, int fd, char **ret, struct err *err)
{
	AUTO(freep) char *fd_link = xasprintf("/proc/self/fd/%d", fd);
	AUTO(freep) char *root_link = xasprintf("/proc/self/fd/%d", points->root_fd);
	AUTO(freep) char *path = NULL;
	AUTO(freep) char *root = NULL;

	if (fs_readlink(AT_FDCWD, fd_link, &path, err) < 0 ||
	    fs_readlink(AT_FDCWD, root_link, &root, err) < 0)
		return -1;
	if (!path_is_within(path, root))
		return err_set(err, ERR_SYSTEM, "'%s' is outside of the root '%s'", path, root);
	*ret = path_in_root(path + strlen(root));
	return 0;
}

int mount_points_note(struct mount_points *points, int fd, const char *host, struct err *err)
{
	char *at = NULL;

	if (path_of(points, fd, &at, err) < 0)
		return -1;
	*VEC_ADD(&points->mounted) = (struct mounted){ at, xstrdup_or_null(host) };
	points->has_host |= host != NULL;
	return 0;
}

/* The innermost mount that `path` lies in, or is the root of; the last one of those at the same place. */
static const struct mounted *mount_of(const struct mount_points *points, const char *path)
{
	const struct mounted *found = NULL;

	VEC_FOREACH(mounted, &points->mounted)
		if (path_is_within(path, mounted->at) &&
		    (!found || path_is_within(mounted->at, found->at)))
			found = mounted;
	return found;
}

/* On the host, when `path` lies in a bind of a directory of it. */
static void add_host_stub(struct mount_points *points, const char *path, bool directory, bool found)
{
	AUTO(freep) char *above = path_dir(path);
	const struct mounted *mounted = mount_of(points, above);

	if (!mounted || !mounted->host)
		return;
	*VEC_ADD(&points->stubs->made) = (struct stub){
		.path = path_in_root(path + strlen(mounted->at)),
		.directory = directory,
		.host = xstrdup(mounted->host),
		.found = found,
		.lock_fd = -1,
	};
}

static bool is_copied(const struct stubs *stubs, const char *path)
{
	VEC_FOREACH(dir, &stubs->copied)
		if (str_eq(dir->path, path))
			return true;
	return false;
}

/* To be called before overlayfs copies `path` and the directories above it to `upper`. */
static void remember_dirs(struct mount_points *points, const char *path)
{
	AUTO(freep) char *above = path_dir(path);
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (str_eq(path, ".") || points->upper_fd < 0)
		return;
	remember_dirs(points, above);
	if (fs_exists(points->upper_fd, path) || is_copied(points->stubs, path) ||
	    fd_open_in_root(points->root_fd, path, O_PATH, 0, &fd, NULL) < 0 || fstat(fd, &st) < 0)
		return;
	*VEC_ADD(&points->stubs->copied) = (struct copied_dir){
		.path = xstrdup(path),
		.mode = st.st_mode,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.mtime = st.st_mtim,
	};
}

static int make_one(int parent_fd, const char *name, bool directory)
{
	int fd = -1;

	if (directory)
		return mkdirat(parent_fd, name, 0755);
	fd = openat(parent_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	(void)close(fd);
	return 0;
}

static int cannot_make(const char *parent, const char *name, struct err *err)
{
	int errnum = errno;

	(void)err_errno(err, "create mount point '/%s/%s'", parent, name);
	if (errnum != EROFS)
		return -1;
	return err_hint(err, "it lies in another mount, which is read-only: make the place in the "
			     "files mounted there, or give that mount rw");
}

/* 1 = made; 0 = something is there that leads nowhere: a link. */
static int make_stub(struct mount_points *points, int parent_fd, const char *name, bool directory,
		     struct err *err)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	AUTO(freep) char *parent = NULL;
	AUTO(freep) char *path = NULL;
	uint64_t mount_id = 0;
	struct stat before;

	if (fstat(parent_fd, &before) < 0)
		return err_errno(err, "look at a directory");
	if (mount_id_of(parent_fd, &mount_id, err) < 0 ||
	    path_of(points, parent_fd, &parent, err) < 0)
		return -1;
	if (mount_id == points->mount_id)
		remember_dirs(points, parent);
	if (make_one(parent_fd, name, directory) < 0)
		return errno == EEXIST ? 0 : cannot_make(parent, name, err);
	path = path_join(parent, name);
	if (mount_id != points->mount_id)
		add_host_stub(points, path, directory, false);
	else
		*VEC_ADD(&points->stubs->made) = (struct stub){ .path = xstrdup(path),
								.directory = directory,
								.lock_fd = -1 };
	times[1] = before.st_mtim;
	(void)futimens(parent_fd, times); /* a wrong time is better than no step */
	return 1;
}

static int follow_link(const struct mount_points *points, int parent_fd, const char *name,
		       const char *rest, char **ret, struct err *err)
{
	AUTO(freep) char *parent = NULL;
	AUTO(freep) char *link = NULL;
	AUTO(freep) char *target = NULL;
	AUTO(freep) char *joined = NULL;

	if (fs_readlink(parent_fd, name, &link, err) < 0 ||
	    path_of(points, parent_fd, &parent, err) < 0)
		return -1;
	target = path_is_absolute(link) ? xstrdup(link) : path_join(parent, link);
	joined = path_join(target, rest);
	*ret = path_in_root(joined);
	return 0;
}

/* Makes the first name of `path` that is missing. *ret_path is where to go on, NULL when nothing is missing any more. */
static int make_next(struct mount_points *points, const char *path, bool directory, char **ret_path,
		     struct err *err)
{
	AUTO(fd_closep) int parent_fd = -1;
	const char *end = path;

	if (fd_open_in_root(points->root_fd, ".", O_RDONLY | O_DIRECTORY, 0, &parent_fd, err) < 0)
		return -1;
	for (;;) {
		const char *begin = end + (*end == '/');
		AUTO(freep) char *name = NULL;
		AUTO(freep) char *prefix = NULL;
		AUTO(fd_closep) int fd = -1;

		end = begin + strcspn(begin, "/");
		name = xstrndup(begin, (size_t)(end - begin));
		prefix = xstrndup(path, (size_t)(end - path));
		if (mount_point_find(points, prefix, &fd, err) < 0)
			return -1;
		if (fd < 0) {
			int made = make_stub(points, parent_fd, name, directory || *end, err);

			if (made < 0)
				return -1;
			return made ? (*ret_path = xstrdup(path), 0)
				    : follow_link(points, parent_fd, name, end, ret_path, err);
		}
		if (!*end)
			return 0;
		fd_closep(&parent_fd);
		if (fd_open_in_root(points->root_fd, prefix, O_RDONLY | O_DIRECTORY, 0, &parent_fd,
				    err) < 0)
			return err_wrap(err, "mount point '/%s'", path);
	}
}

static int check_kind(int fd, const char *target, bool directory, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "look at mount point '/%s'", target);
	if (S_ISDIR(st.st_mode) == directory)
		return 0;
	return err_set(err, ERR_INPUT, "mount point '/%s' is %s in the image, but the source is %s",
		       target, directory ? "a file" : "a directory",
		       directory ? "a directory" : "a file");
}

static bool is_made(const struct mount_points *points, const char *path)
{
	VEC_FOREACH(stub, &points->stubs->made) {
		AUTO(freep) char *whole = NULL;
		const struct mounted *mounted = NULL;

		if (!stub->host)
			continue;
		mounted = mount_of(points, path);
		whole = mounted ? path_join(mounted->at, stub->path) : NULL;
		if (str_eq(whole, path))
			return true;
	}
	return false;
}

/* Another step may have made it, and would take it away as soon as it ends. */
static int remember_found(struct mount_points *points, int fd, bool directory, struct err *err)
{
	AUTO(freep) char *path = NULL;
	uint64_t mount_id = 0;

	if (!points->has_host)
		return 0;
	if (mount_id_of(fd, &mount_id, err) < 0 || path_of(points, fd, &path, err) < 0)
		return -1;
	if (mount_id != points->mount_id && !is_made(points, path))
		add_host_stub(points, path, directory, true);
	return 0;
}

int mount_point_make(struct mount_points *points, const char *target, bool directory, int *ret_fd,
		     struct err *err)
{
	AUTO(freep) char *path = xstrdup(target);
	AUTO(fd_closep) int fd = -1;
	/* Every round makes one name or follows one link. */
	size_t rounds = LINKS_MAX + strlen(target);

	while (path && rounds--) {
		char *next = NULL;

		if (mount_point_find(points, path, &fd, err) < 0)
			return -1;
		if (fd >= 0)
			break;
		if (make_next(points, path, directory, &next, err) < 0)
			return -1;
		free(path);
		path = next;
	}
	if (fd < 0)
		return err_set(err, ERR_INPUT, "mount point '/%s' has too many links", target);
	if (check_kind(fd, target, directory, err) < 0 ||
	    remember_found(points, fd, directory, err) < 0)
		return -1;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static bool is_at(const struct mount_points *points, const char *path, const struct stat *st)
{
	AUTO(fd_closep) int fd = -1;
	struct stat other;

	return mount_point_find(points, path, &fd, NULL) == 0 && fd >= 0 &&
	       fstat(fd, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

int mount_point_check(const struct mount_points *points, int fd, const char *target, bool is_dev,
		      struct err *err)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return err_errno(err, "look at mount point '/%s'", target);
	if (fs.f_type == PROC_SUPER_MAGIC)
		return err_set(err, ERR_INPUT, "'/%s': a mount cannot be in '/proc'", target);
	if (is_at(points, ".", &st))
		return err_set(err, ERR_INPUT, "'/%s': a mount cannot cover '/'", target);
	if (!is_dev && is_at(points, "dev", &st))
		return err_set(err, ERR_INPUT, "'/%s': a mount cannot cover '/dev'", target);
	return 0;
}

/* --- removing: `upper` may hold anything by now --- */

static int open_dir_strictly(int upper_fd, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, upper_fd, path, &how, sizeof(how));
}

static bool is_unused(int parent_fd, const char *name, bool directory)
{
	struct stat st;

	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return directory ? S_ISDIR(st.st_mode)
			 : S_ISREG(st.st_mode) && st.st_size == 0 && st.st_nlink == 1;
}

/* unlinkat(2) refuses a directory that is not empty; the parent keeps its mtime. */
static void remove_quietly(int parent_fd, const char *name, bool directory)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct stat before;

	if (fstat(parent_fd, &before) < 0 ||
	    unlinkat(parent_fd, name, directory ? AT_REMOVEDIR : 0) < 0)
		return;
	times[1] = before.st_mtim;
	(void)futimens(parent_fd, times);
}

static int open_host(const struct stub *stub)
{
	return open(stub->host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void stubs_lock(struct stubs *stubs)
{
	VEC_FOREACH(stub, &stubs->made) {
		AUTO(fd_closep) int host_fd = -1;

		if (!stub->host || stub->lock_fd >= 0 || (host_fd = open_host(stub)) < 0)
			continue;
		if (fd_open_in_root(host_fd, stub->path, O_RDONLY | O_NONBLOCK, 0, &stub->lock_fd,
				    NULL) == 0)
			(void)flock(stub->lock_fd,
				    LOCK_SH | LOCK_NB); /* who has it is about to remove it */
	}
}

static bool is_free(const struct stub *stub)
{
	return !stub->found && (stub->lock_fd < 0 || flock(stub->lock_fd, LOCK_EX | LOCK_NB) == 0);
}

static void remove_stub(int upper_fd, const struct stub *stub)
{
	AUTO(freep) char *dir = path_dir(stub->path);
	AUTO(fd_closep) int host_fd = stub->host ? open_host(stub) : -1;
	AUTO(fd_closep) int parent_fd = -1;
	const char *name = path_base(stub->path);

	if (stub->host && !is_free(stub))
		return;
	parent_fd = open_dir_strictly(stub->host ? host_fd : upper_fd, dir);
	if (parent_fd >= 0 && is_unused(parent_fd, name, stub->directory))
		remove_quietly(parent_fd, name, stub->directory);
}

/* A directory that the step removed and made again hides the layers below: overlayfs(5) calls that opaque. */
static bool is_as_before(int fd, const struct copied_dir *dir)
{
	struct stat st;
	char opaque = 'n';

	if (fstat(fd, &st) < 0 || st.st_mode != dir->mode || st.st_uid != dir->uid ||
	    st.st_gid != dir->gid || st.st_mtim.tv_sec != dir->mtime.tv_sec ||
	    st.st_mtim.tv_nsec != dir->mtime.tv_nsec)
		return false;
	return fgetxattr(fd, "user.overlay.opaque", &opaque, 1) != 1 || opaque != 'y';
}

static void remove_copied(int upper_fd, const struct copied_dir *dir)
{
	AUTO(freep) char *above = path_dir(dir->path);
	AUTO(fd_closep) int parent_fd = open_dir_strictly(upper_fd, above);
	AUTO(fd_closep) int fd = open_dir_strictly(upper_fd, dir->path);

	if (parent_fd >= 0 && fd >= 0 && is_as_before(fd, dir))
		remove_quietly(parent_fd, path_base(dir->path), true);
}

void stubs_remove(int upper_fd, struct stubs *stubs)
{
	for (size_t i = stubs->made.len; i > 0; i--)
		remove_stub(upper_fd, &stubs->made.items[i - 1]);
	/* Directories were remembered before those in them. */
	for (size_t i = stubs->copied.len; i > 0; i--)
		remove_copied(upper_fd, &stubs->copied.items[i - 1]);
}

void stubs_release(struct stubs *stubs)
{
	VEC_FOREACH(stub, &stubs->made) {
		free(stub->path);
		free(stub->host);
		fd_closep(&stub->lock_fd);
	}
	VEC_FOREACH(dir, &stubs->copied)
		free(dir->path);
	free(stubs->made.items);
	free(stubs->copied.items);
	*stubs = (struct stubs)STUBS_INIT;
}

void stubs_encode(const struct stubs *stubs, struct str *out)
{
	wire_put_number(out, stubs->made.len);
	VEC_FOREACH(stub, &stubs->made) {
		wire_put_text(out, stub->path);
		wire_put_number(out, stub->directory);
		wire_put_text(out, stub->host);
		wire_put_number(out, stub->found);
	}
	wire_put_number(out, stubs->copied.len);
	VEC_FOREACH(dir, &stubs->copied) {
		wire_put_text(out, dir->path);
		wire_put_number(out, dir->mode);
		wire_put_number(out, dir->uid);
		wire_put_number(out, dir->gid);
		wire_put_number(out, (uint64_t)dir->mtime.tv_sec);
		wire_put_number(out, (uint64_t)dir->mtime.tv_nsec);
	}
}

void stubs_decode(struct wire *wire, struct stubs *ret)
{
	uint64_t count = wire_number(wire);

	for (uint64_t i = 0; i < count && !wire->bad; i++) {
		struct stub *stub = VEC_ADD(&ret->made);

		stub->path = wire_text(wire);
		stub->directory = wire_number(wire) != 0;
		stub->host = wire_text(wire);
		stub->found = wire_number(wire) != 0;
		stub->lock_fd = -1;
		wire->bad = wire->bad || !stub->path;
	}
	count = wire_number(wire);
	for (uint64_t i = 0; i < count && !wire->bad; i++) {
		struct copied_dir *dir = VEC_ADD(&ret->copied);

		dir->path = wire_text(wire);
		dir->mode = (mode_t)wire_number(wire);
		dir->uid = (uid_t)wire_number(wire);
		dir->gid = (gid_t)wire_number(wire);
		dir->mtime.tv_sec = (time_t)wire_number(wire);
		dir->mtime.tv_nsec = (long)wire_number(wire);
		wire->bad = wire->bad || !dir->path;
	}
}
