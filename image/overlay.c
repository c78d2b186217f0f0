#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/alloc.h"
#include "base/fd.h"

/* The last one is ours, where overlayfs's own cannot be had. */
static const char *const prefixes[] = { "user.overlay.", "trusted.overlay.", "user.edgectl." };

bool overlay_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

bool overlay_is_marked_whiteout(int dir_fd, const char *name, const struct stat *st)
{
	AUTO(freep) char *path = NULL;
	char value;

	if (!S_ISREG(st->st_mode) || st->st_size != 0)
		return false;
	path = xasprintf("/proc/self/fd/%d/%s", dir_fd, name);
	return lgetxattr(path, "user.edgectl.whiteout", &value, 1) == 1 && value == 'y';
}

/* *ret_value is the first byte; '\0' when there is no such mark in either form. */
static int get_mark(int fd, const char *mark, char *ret_value, struct err *err)
{
	char name[64];

	*ret_value = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		char value[4096] = "?";
		ssize_t len;

		snprintf(name, sizeof(name), "%s%s", prefixes[i], mark);
		len = fgetxattr(fd, name, value, sizeof(value));
		if (len < 0 && errno != ENODATA && errno != ENOTSUP && errno != EPERM)
			return err_errno(err, "read attribute '%s'", name);
		if (len >= 0) {
			*ret_value = value[0];
			return 0;
		}
	}
	return 0;
}

int overlay_is_opaque(int fd, bool *ret, struct err *err)
{
	char value;

	if (get_mark(fd, "opaque", &value, err) < 0)
		return -1;
	*ret = value == 'y';
	return 0;
}

int overlay_check(int fd, struct err *err)
{
	static const char *const marks[] = { "redirect", "metacopy" };
	char value;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (get_mark(fd, marks[i], &value, err) < 0)
			return -1;
		if (value)
			return err_set(
				err, ERR_UNSUPPORTED,
				"an overlay that was mounted with '%s' cannot become a layer",
				marks[i]);
	}
	return 0;
}

/*
 * An empty file with a mark: no directory of the store becomes part of an overlay where this is needed, below an
 * overlay that is the store's file system, and before Linux 5.8.
 */
static int make_marked_whiteout(int dir_fd, const char *name, struct err *err)
{
	AUTO(fd_closep) int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);

	if (fd < 0 || fsetxattr(fd, "user.edgectl.whiteout", "y", 1, 0) < 0)
		return err_errno(err, "make the whiteout '%s'", name);
	return 0;
}

int overlay_make_whiteout(int dir_fd, const char *name, struct err *err)
{
	if (mknodat(dir_fd, name, S_IFCHR, makedev(0, 0)) == 0)
		return 0;
	if (errno != EPERM)
		return err_errno(err, "make the whiteout '%s'", name);
	return make_marked_whiteout(dir_fd, name, err);
}

int overlay_make_opaque(int fd, struct err *err)
{
	if (fsetxattr(fd, "user.overlay.opaque", "y", 1, 0) == 0 ||
	    (errno == EPERM && fsetxattr(fd, "user.edgectl.opaque", "y", 1, 0) == 0))
		return 0;
	if (errno != ENOTSUP)
		return err_errno(err, "mark a directory as opaque");
	err_errno(err, "mark a directory as opaque");
	return err_hint(err,
			"put the store on a file system with user attributes, such as ext4, xfs "
			"or btrfs");
}
