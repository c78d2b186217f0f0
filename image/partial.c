#include "partial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/fs.h"
#include "store_private.h"

#define DIRECTORY   "partial"
#define AGE_SECONDS ((time_t)7 * 24 * 60 * 60)

int partial_open(struct store *store, const struct digest *digest, char path[PARTIAL_PATH_MAX],
		 int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	snprintf(path, PARTIAL_PATH_MAX, DIRECTORY "/%s-%s",
		 digest_algorithm_name(digest_algorithm_of(digest)), digest_hex(digest));
	if (fs_mkdir_all(store->fd, DIRECTORY, 0755, err) < 0 ||
	    fd_open(store->fd, path, O_RDWR | O_CREAT | O_NOFOLLOW, 0644, &fd, err) < 0)
		return store_failed(store, err);
	*ret_fd = -1;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : err_errno(err, "lock '%s/%s'", store->root, path);
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat '%s/%s'", store->root, path);
	/* Else its writer has just become done with it. */
	if (st.st_nlink > 0)
		*ret_fd = TAKE_FD(fd);
	return 0;
}

static void sweep_one(int dir_fd, const char *name)
{
	AUTO(fd_closep)
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && time(NULL) - st.st_mtime > AGE_SECONDS &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(dir_fd, name, 0); /* the next sweep tries again */
}

void partial_sweep(struct store *store)
{
	AUTO(dir_closep) DIR *dir = dir_open(store->fd, DIRECTORY, 0);
	const struct dirent *entry;

	while (dir && (entry = dir_next(dir)))
		sweep_one(dirfd(dir), entry->d_name);
}
