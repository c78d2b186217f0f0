#include "lease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/fd.h"
#include "nanoseconds.h"
#include "sweep.h"

#define LEASES "leases"

static int open_dir(struct lease *lease, int store_fd, struct err *err)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	lease->dir_fd = openat(store_fd, LEASES, flags);
	if (lease->dir_fd < 0 && errno == ENOENT) {
		if (mkdirat(store_fd, LEASES, 0755) < 0 && errno != EEXIST)
			return err_errno(err, "create '" LEASES "'");
		lease->dir_fd = openat(store_fd, LEASES, flags);
	}
	return lease->dir_fd < 0 ? err_errno(err, "open '" LEASES "'") : 0;
}

/* 1 when a sweep took the new file away before it was locked. */
static int create_file(struct lease *lease, struct err *err)
{
	uint64_t name;
	struct stat st;

	if (getrandom(&name, sizeof(name), 0) != (ssize_t)sizeof(name))
		return err_errno(err, "random numbers");
	snprintf(lease->name, sizeof(lease->name), "%016llx", (unsigned long long)name);
	lease->fd = openat(lease->dir_fd, lease->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (lease->fd < 0) {
		lease->name[0] = '\0';
		return err_errno(err, "create '" LEASES "/%016llx'", (unsigned long long)name);
	}
	if (flock(lease->fd, LOCK_EX) < 0 || fstat(lease->fd, &st) < 0)
		return err_errno(err, "lock '" LEASES "/%s'", lease->name);
	if (st.st_nlink == 0) {
		fd_closep(&lease->fd);
		return 1;
	}
	lease->start = nanoseconds_of(&st.st_mtim);
	return 0;
}

int lease_open(struct lease *lease, int store_fd, struct err *err)
{
	int result;

	*lease = (struct lease)LEASE_INIT;
	pthread_mutex_init(&lease->lock, NULL);
	if (open_dir(lease, store_fd, err) < 0)
		return -1;
	sweep_files(lease->dir_fd);
	do
		result = create_file(lease, err);
	while (result > 0);
	return result;
}

void lease_close(struct lease *lease)
{
	if (lease->fd >= 0)
		(void)unlinkat(lease->dir_fd, lease->name, 0); /* else the next sweep does it */
	fd_closep(&lease->fd);
	fd_closep(&lease->dir_fd);
	pthread_mutex_destroy(&lease->lock);
}

/* Never before our own start: the clock may have been set back since. */
static struct timespec use_time(const struct lease *lease)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	if (nanoseconds_of(&now) >= lease->start)
		return now;
	return nanoseconds_split(lease->start);
}

void lease_begin_use(struct lease *lease)
{
	pthread_mutex_lock(&lease->lock);
	/* what cannot be locked or changed (a store on a read-only disk) nobody removes either */
	(void)flock(lease->dir_fd, LOCK_SH);
}

void lease_end_use(struct lease *lease)
{
	(void)flock(lease->dir_fd, LOCK_UN); /* cannot fail on a lock that is held */
	pthread_mutex_unlock(&lease->lock);
}

bool lease_use(struct lease *lease, int store_fd, const char *path)
{
	struct timespec times[2] = { use_time(lease), { .tv_nsec = UTIME_OMIT } };
	bool is_there;

	lease_begin_use(lease);
	is_there = utimensat(store_fd, path, times, AT_SYMLINK_NOFOLLOW) == 0 ||
		   (errno != ENOENT && faccessat(store_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	lease_end_use(lease);
	return is_there;
}

/* The oldest that is still locked by another process. */
static int64_t oldest_start(const struct lease *lease)
{
	AUTO(dir_closep) DIR *dir = dir_open(lease->dir_fd, ".", 0);
	int64_t oldest = lease->start;
	const struct dirent *e;
	struct stat st;

	while (dir && (e = dir_next(dir)))
		if (fstatat(lease->dir_fd, e->d_name, &st, 0) == 0 &&
		    nanoseconds_of(&st.st_mtim) < oldest)
			oldest = nanoseconds_of(&st.st_mtim);
	return dir && !errno ? oldest : 0; /* in doubt everything is in use */
}

int lease_begin_removal(struct lease *lease, int64_t *ret_limit, struct err *err)
{
	pthread_mutex_lock(&lease->lock);
	if (flock(lease->dir_fd, LOCK_EX) < 0) {
		pthread_mutex_unlock(&lease->lock);
		return err_errno(err, "lock '" LEASES "'");
	}
	sweep_files(lease->dir_fd);
	*ret_limit = oldest_start(lease);
	return 0;
}

void lease_end_removal(struct lease *lease)
{
	lease_end_use(lease);
}
