/*
 * Directories as streams: readdir(3) without "." and "..", and with every error told. A stream
 * belongs to one thread at a time.
 */
#ifndef BASE_DIR_H
#define BASE_DIR_H

#include <dirent.h>

#include "base/err.h"
#include "base/vec.h"

/* For AUTO: closes *dir unless it is NULL. Keeps errno. */
void dir_closep(DIR **dir);

/*
 * `flags` are those of open(2) that may be wanted as well: O_NOFOLLOW, O_NOATIME. "." is the
 * directory of `dir_fd` itself, from its beginning. NULL with errno set.
 */
DIR *dir_open(int dir_fd, const char *path, int flags);

/* Valid until the next call. NULL at the end, where errno is 0, or on an error. */
const struct dirent *dir_next(DIR *dir);

/* Appends the names, in no order. */
WARN_UNUSED int dir_names(int dir_fd, const char *path, int flags, struct strvec *ret,
			  struct err *err);

#endif
