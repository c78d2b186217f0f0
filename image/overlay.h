/*
 * How overlayfs marks what an upper directory hides (Linux, Documentation/filesystems/overlayfs.rst, "whiteouts and opaque
 * directories"). Marks are read in both forms, trusted.overlay.* and user.overlay.* (mount option userxattr), and
 * written in the second, which works inside of a user namespace too. Where a file system takes neither a whiteout nor the
 * marks, as overlayfs itself does, there are marks of our own, user.edgectl.*: no overlay can be mounted there.
 */
#ifndef IMAGE_OVERLAY_H
#define IMAGE_OVERLAY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

bool overlay_is_whiteout(const struct stat *st);
/* One of our own; `st` is that of `name`. */
bool overlay_is_marked_whiteout(int dir_fd, const char *name, const struct stat *st);
WARN_UNUSED int overlay_is_opaque(int fd, bool *ret, struct err *err);
/*
 * ERR_UNSUPPORTED for a directory that was renamed (redirect_dir) or a file without its data (metacopy): such an upper
 * directory says nothing without the lower ones. Mounts are to switch both off.
 */
WARN_UNUSED int overlay_check(int fd, struct err *err);
/* The name must be free. */
WARN_UNUSED int overlay_make_whiteout(int dir_fd, const char *name, struct err *err);
WARN_UNUSED int overlay_make_opaque(int fd, struct err *err);

#endif
