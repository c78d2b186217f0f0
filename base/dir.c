#include "base/dir.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/str.h"

void dir_closep(DIR **dir)
{
	int saved = errno;

	if (*dir)
		(void)closedir(*dir); /* nothing was written */
	*dir = NULL;
	errno = saved;
}

DIR *dir_open(int dir_fd, const char *path, int flags)
{
	AUTO(fd_closep)
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir)
		(void)TAKE_FD(fd); /* the stream's */
	return dir;
}

const struct dirent *dir_next(DIR *dir)
{
	const struct dirent *entry = NULL;

	do {
		errno = 0;
		entry = readdir(dir);
	} while (entry && (str_eq(entry->d_name, ".") || str_eq(entry->d_name, "..")));
	return entry;
}

int dir_names(int dir_fd, const char *path, int flags, struct strvec *ret, struct err *err)
{
	AUTO(dir_closep) DIR *dir = dir_open(dir_fd, path, flags);
	const struct dirent *entry = NULL;

	while (dir && (entry = dir_next(dir)))
		strvec_add(ret, entry->d_name);
	return !dir || errno ? err_errno(err, "read directory '%s'", path) : 0;
}
