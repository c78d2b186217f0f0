/* One directory is open at a time, so that neither the number of descriptors nor PATH_MAX bounds the tree. */
#include "disk_usage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/vec.h"

#define BLOCK 512 /* of st_blocks, whatever the file system's own are */

/* Looking is no use: the time of a directory's last use stays (see lease.h), where it is ours to say so. */
static int open_dir(int dir_fd, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir_fd, name, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? openat(dir_fd, name, flags) : fd;
}

static DIR *open_stream(int dir_fd)
{
	DIR *dir = dir_open(dir_fd, ".", O_NOATIME);

	return !dir && errno == EPERM ? dir_open(dir_fd, ".", 0) : dir;
}

/* Directories below one that were not looked into yet. */
struct level {
	struct strvec names;
	size_t next;
};

struct levels {
	struct level *items;
	size_t len, cap;
};

void disk_usage_release(struct disk_usage *usage)
{
	file_links_release(&usage->seen);
	*usage = (struct disk_usage){ .bytes = 0 };
}

static void count(struct disk_usage *usage, const struct stat *st)
{
	if (!S_ISDIR(st->st_mode) && file_links_find(&usage->seen, st, 0, ""))
		return;
	usage->bytes += (uint64_t)st->st_blocks * BLOCK;
}

/* Counts what is in the directory, and opens a level for the directories among it. */
static int enter(struct disk_usage *usage, int dir_fd, struct levels *levels, struct err *err)
{
	struct level *level = VEC_ADD(levels);
	AUTO(dir_closep) DIR *dir = open_stream(dir_fd);
	const struct dirent *e;
	struct stat st;

	while (dir && (e = dir_next(dir))) {
		if (fstatat(dir_fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue; /* it has gone: others use the store, too */
		count(usage, &st);
		if (S_ISDIR(st.st_mode))
			strvec_add(&level->names, e->d_name);
	}
	return !dir || errno ? err_errno(err, "read a directory of the store") : 0;
}

static int descend(struct disk_usage *usage, int *dir_fd, const char *name, struct levels *levels,
		   struct err *err)
{
	int fd = open_dir(*dir_fd, name);

	if (fd < 0) {
		usage->unreadable += errno == EACCES || errno == EPERM;
		return 0;
	}
	fd_closep(dir_fd);
	*dir_fd = fd;
	return enter(usage, fd, levels, err);
}

static int ascend(int *dir_fd, struct levels *levels, struct err *err)
{
	int fd = -1;

	strvec_release(&levels->items[--levels->len].names);
	if (levels->len == 0)
		return 0;
	fd = open_dir(*dir_fd, "..");
	if (fd < 0)
		return err_errno(err, "read a directory of the store");
	fd_closep(dir_fd);
	*dir_fd = fd;
	return 0;
}

static int walk(struct disk_usage *usage, int *dir_fd, struct levels *levels,
		const struct monitor *monitor, struct err *err)
{
	if (enter(usage, *dir_fd, levels, err) < 0)
		return -1;
	while (levels->len > 0) {
		struct level *top = &levels->items[levels->len - 1];

		if (monitor_check(monitor, err) < 0)
			return -1;
		if ((top->next < top->names.len
			     ? descend(usage, dir_fd, top->names.items[top->next++], levels, err)
			     : ascend(dir_fd, levels, err)) < 0)
			return -1;
	}
	return 0;
}

int disk_usage_add(struct disk_usage *usage, int dir_fd, const char *path,
		   const struct monitor *monitor, struct err *err)
{
	struct levels levels = { .items = NULL };
	AUTO(fd_closep) int fd = -1;
	struct stat st;
	int result;

	if (fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_errno(err, "stat '%s'", path);
	count(usage, &st);
	if (!S_ISDIR(st.st_mode))
		return 0;
	fd = open_dir(dir_fd, path);
	if (fd < 0) {
		usage->unreadable += errno != ENOENT;
		return 0;
	}
	result = walk(usage, &fd, &levels, monitor, err);
	VEC_FOREACH(level, &levels)
		strvec_release(&level->names);
	free(levels.items);
	return result;
}
