/* Whole-file and directory helpers, relative to a directory descriptor (AT_FDCWD allowed). */
#ifndef BASE_FS_H
#define BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* mkdir -p; existing directories are fine and keep their modes. */
WARN_UNUSED int fs_mkdir_all(int dirfd, const char *path, mode_t mode, struct err *err);
/*
 * rm -rf without following links; what is not there is fine. Makes directories writable where it
 * must. Removes as much as it can and reports the first failure.
 */
WARN_UNUSED int fs_remove_all(int dirfd, const char *path, struct err *err);
/* ERR_LIMIT above `limit` bytes; `s` is cleared first. */
WARN_UNUSED int fs_read_file(int dirfd, const char *path, size_t limit, struct str *s,
			     struct err *err);
/*
 * Appears whole or not at all: a temporary name beside it, fsync, rename, fsync of the directory.
 * Safe against power loss on ext4, xfs, btrfs and f2fs.
 */
WARN_UNUSED int fs_write_file_atomic(int dirfd, const char *path, const void *data, size_t len,
				     mode_t mode, struct err *err);
/* The same for a file that must not be there yet: fails with EEXIST, and leaves what somebody else has written. */
WARN_UNUSED int fs_write_file_new(int dirfd, const char *path, const void *data, size_t len,
				  mode_t mode, struct err *err);
/* Creates PREFIXxxxxxx, mode 0700; the caller frees *ret_path (relative as `prefix` is). */
WARN_UNUSED int fs_make_temp_dir(int dirfd, const char *prefix, char **ret_path, struct err *err);
/* lstat; ERR_NOT_FOUND when missing. */
WARN_UNUSED int fs_stat(int dirfd, const char *path, struct stat *ret_st, struct err *err);
bool fs_exists(int dirfd, const char *path);
WARN_UNUSED int fs_readlink(int dirfd, const char *path, char **ret_target, struct err *err);
/* The absolute, symlink-free name; the caller frees. */
WARN_UNUSED int fs_realpath(const char *path, char **ret_path, struct err *err);
/*
 * Directory of the user's data for edgectl: $EDGECTL_ROOT, /var/lib/edgectl for root, else
 * $XDG_DATA_HOME/edgectl.
 */
WARN_UNUSED int fs_data_home(char **ret_path, struct err *err);
/*
 * $EDGECTL_CONFIG_HOME, /etc/edgectl for root, else $XDG_CONFIG_HOME/edgectl or ~/.config/edgectl.
 */
WARN_UNUSED int fs_config_home(char **ret_path, struct err *err);
/* $XDG_CACHE_HOME/edgectl, else ~/.cache/edgectl: what can be fetched again. */
WARN_UNUSED int fs_cache_home(char **ret_path, struct err *err);
/* First executable of that name in PATH; NULL when there is none. The caller frees. */
char *fs_find_program(const char *name);

#endif
