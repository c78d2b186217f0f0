/*
 * File descriptors: everything here opens with O_CLOEXEC, restarts on EINTR and finishes short
 * reads and writes. -1 stands for no descriptor.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* For AUTO: closes *fd unless it is -1. Keeps errno. */
void fd_closep(int *fd);
/* close() whose result counts: delayed write errors. *fd is -1 afterwards. */
WARN_UNUSED int fd_close(int *fd, const char *name, struct err *err);

/* `name` in these is what the error message calls the file. */
WARN_UNUSED int fd_write_all(int fd, const void *data, size_t len, const char *name,
			     struct err *err);
/* Up to `len` bytes, less only at the end of the file; -1 on error. */
WARN_UNUSED ssize_t fd_read_full(int fd, void *buf, size_t len, const char *name, struct err *err);
/* Appends all that is left; ERR_LIMIT above `limit` bytes. */
WARN_UNUSED int fd_read_to_str(int fd, struct str *s, size_t limit, const char *name,
			       struct err *err);
/* From the current offsets to the end of `from`; uses copy_file_range(2) where the kernel can. */
WARN_UNUSED int fd_copy_all(int from, int to, uint64_t *ret_bytes, const char *name,
			    struct err *err);

WARN_UNUSED int fd_open(int dirfd, const char *path, int flags, mode_t mode, int *ret_fd,
			struct err *err);
/*
 * Opens below a root that may be hostile: symbolic links, absolute ones too, resolve inside
 * `root_fd`, and magic links (/proc/.../fd) not at all. openat2(2)
 * RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS, since Linux 5.6; where a seccomp filter or the kernel
 * refuses it, a walk component by component does the same.
 */
WARN_UNUSED int fd_open_in_root(int root_fd, const char *path, int flags, mode_t mode, int *ret_fd,
				struct err *err);

/* A pipe2(O_CLOEXEC). */
WARN_UNUSED int fd_pipe(int *ret_read, int *ret_write, struct err *err);
WARN_UNUSED int fd_set_nonblocking(int fd, bool on, struct err *err);

#endif
