#include "sweep.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/fd.h"

static void sweep_one(int dir_fd, const char *name)
{
	AUTO(fd_closep)
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(dir_fd, name, 0); /* the next sweep tries again */
}

void sweep_files(int dir_fd)
{
	AUTO(dir_closep) DIR *dir = dir_open(dir_fd, ".", 0);
	const struct dirent *e;

	while (dir && (e = dir_next(dir)))
		sweep_one(dir_fd, e->d_name);
}

bool sweep_is_locked(int dir_fd, const char *path)
{
	AUTO(fd_closep)
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
}
