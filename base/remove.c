/*
 * fs_remove_all(): trees that somebody else made, with any modes, links, depth, and mounts among
 * them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/vec.h"

/*
 * Every level of the descent holds a descriptor. Directories further down are moved up into
 * `top_fd` and removed from there, so that no depth runs out of descriptors, stack or path length.
 */
#define DEPTH_MAX 64

struct removal {
	int top_fd; /* the directory that is being emptied */
	const char *path;
	struct strvec moved; /* names in top_fd */
	struct err *err;
	bool failed;
};

static int fail(struct removal *removal, int errnum, const char *name)
{
	if (!removal->failed)
		(void)err_errnum(removal->err, errnum, "remove '%s' in '%s'", name, removal->path);
	removal->failed = true;
	return -1;
}

/*
 * Are both on the same mount? A bind mount has its source's st_dev, so the mount's id is asked for
 * (Linux 5.8).
 */
static bool same_mount(int a, int b)
{
	struct statx sa, sb;
	const unsigned mask = STATX_BASIC_STATS | STATX_MNT_ID;

	if (statx(a, "", AT_EMPTY_PATH, mask, &sa) < 0 ||
	    statx(b, "", AT_EMPTY_PATH, mask, &sb) < 0)
		return false;
	if (sa.stx_mask & sb.stx_mask & STATX_MNT_ID)
		return sa.stx_mnt_id == sb.stx_mnt_id;
	return sa.stx_dev_major == sb.stx_dev_major && sa.stx_dev_minor == sb.stx_dev_minor;
}

static int open_dir(int parent_fd, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	AUTO(fd_closep) int fd = openat(parent_fd, name, flags);
	struct stat st;

	if (fd < 0 && errno == EACCES) {
		/* Never follows: glibc does it through an O_PATH descriptor. */
		if (fchmodat(parent_fd, name, 0700, AT_SYMLINK_NOFOLLOW) < 0)
			return -1;
		fd = openat(parent_fd, name, flags);
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	/* What is below is never removed when it is mounted there: it is somebody's else. */
	if (!same_mount(parent_fd, fd)) {
		errno = EBUSY;
		return -1;
	}
	/* If this fails, so will the removals, with an error that names the file. */
	if ((st.st_mode & 0700) != 0700)
		(void)fchmod(fd, 0700);
	return TAKE_FD(fd);
}

static int move_up(struct removal *removal, int parent_fd, const char *name)
{
	AUTO(freep) char *unique = NULL;

	for (unsigned tries = 0; tries < 1000; tries++) {
		free(unique);
		unique = xasprintf(".removing-%zu-%u", removal->moved.len, tries);
		/*
		 * A directory changes its parent only when it can be written to; renameat2 tells if
		 * it cannot.
		 */
		(void)!fchmodat(parent_fd, name, 0700, AT_SYMLINK_NOFOLLOW);
		if (renameat2(parent_fd, name, removal->top_fd, unique, RENAME_NOREPLACE) == 0) {
			strvec_take(&removal->moved, TAKE(unique));
			return 0;
		}
		if (errno != EEXIST)
			break;
	}
	return fail(removal, errno, name);
}

static int remove_entry(struct removal *removal, int parent_fd, const char *name, unsigned depth);

/* Removes what it can; the number of entries that are gone. */
static size_t remove_entries(struct removal *removal, DIR *dir, unsigned depth)
{
	const struct dirent *entry = NULL;
	size_t removed = 0;

	while ((entry = dir_next(dir)))
		if (remove_entry(removal, dirfd(dir), entry->d_name, depth) == 0)
			removed++;
	return removed;
}

static int remove_dir(struct removal *removal, int parent_fd, const char *name, unsigned depth)
{
	AUTO(dir_closep) DIR *dir = NULL;
	int fd = open_dir(parent_fd, name);

	if (fd < 0)
		return errno == ENOENT ? 0 : fail(removal, errno, name);
	dir = fdopendir(fd);
	if (!dir) {
		fd_closep(&fd);
		return fail(removal, errno, name);
	}
	/*
	 * Some file systems pass entries over while others are removed: hence again, while that
	 * gets further.
	 */
	for (;;) {
		size_t removed = remove_entries(removal, dir, depth + 1);

		if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if ((errno != ENOTEMPTY && errno != EEXIST) || !removed)
			return fail(removal, errno, name);
		rewinddir(dir);
	}
}

static int remove_entry(struct removal *removal, int parent_fd, const char *name, unsigned depth)
{
	if (unlinkat(parent_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return fail(removal, errno, name);
	if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0)
		return 0;
	if (depth > DEPTH_MAX)
		return move_up(removal, parent_fd, name);
	return remove_dir(removal, parent_fd, name, depth);
}

/* Empties the top directory; the number of entries that are gone. */
static size_t empty_top(struct removal *removal, DIR *top)
{
	size_t removed = 0;

	rewinddir(top);
	removed = remove_entries(removal, top, 1);
	while (removal->moved.len) {
		AUTO(freep) char *name = xstrdup(removal->moved.items[removal->moved.len - 1]);

		strvec_remove(&removal->moved, removal->moved.len - 1);
		(void)remove_entry(removal, removal->top_fd, name, 1);
	}
	return removed;
}

static int remove_tree(struct removal *removal, int parent_fd, const char *name)
{
	AUTO(dir_closep) DIR *top = NULL;

	removal->top_fd = open_dir(parent_fd, name);
	if (removal->top_fd < 0)
		return errno == ENOENT ? 0 : err_errno(removal->err, "remove '%s'", removal->path);
	top = fdopendir(removal->top_fd);
	if (!top) {
		fd_closep(&removal->top_fd);
		return err_errno(removal->err, "remove '%s'", removal->path);
	}
	for (;;) {
		size_t removed = empty_top(removal, top);

		if (removal->failed)
			return -1;
		if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if ((errno != ENOTEMPTY && errno != EEXIST) || !removed)
			return err_errno(removal->err, "remove '%s'", removal->path);
	}
}

static void removal_release(struct removal *removal)
{
	strvec_release(&removal->moved);
}

int fs_remove_all(int dirfd, const char *path, struct err *err)
{
	size_t len = strlen(path);
	AUTO(fd_closep) int parent_fd = -1;
	AUTO(freep) char *trimmed = NULL;
	AUTO(freep) char *dir = NULL;
	AUTO(removal_release) struct removal removal = { .path = path, .err = err };
	const char *name = NULL;

	while (len > 1 && path[len - 1] == '/')
		len--;
	trimmed = xstrndup(path, len);
	dir = path_dir(trimmed);
	name = path_base(trimmed);
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return err_errnum(err, EINVAL, "remove '%s'", path);
	parent_fd = openat(dirfd, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0
							   : err_errno(err, "remove '%s'", path);
	if (unlinkat(parent_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return err_errno(err, "remove '%s'", path);
	return remove_tree(&removal, parent_fd, name);
}
