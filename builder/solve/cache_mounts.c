#include "cache_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/str.h"
#include "chain.h"
#include "image/digest.h"
#include "mount_files.h"

#define CACHE_DIR     "cache-mounts"
#define LOCK_PAUSE_NS 50000000 /* between two looks at a lock that another step holds */

void cache_mounts_release(struct cache_mounts *caches)
{
	VEC_FOREACH(cache, caches) {
		free(cache->path);
		fd_closep(&cache->lock_fd);
	}
	free(caches->items);
	*caches = (struct cache_mounts)CACHE_MOUNTS_INIT;
}

const char *cache_mounts_path(const struct cache_mounts *caches, const struct run_mount *mount)
{
	VEC_FOREACH(cache, caches)
		if (cache->mount == mount)
			return cache->path;
	return NULL;
}

/* Caches of one id that begin differently are different ones, as with BuildKit: of another owner or mode, or on other files. */
static void add_beginning(struct str *identity, const struct run_mount *mount)
{
	str_addf(identity, "%u:%u %o\n", mount->uid, mount->gid, mount->mode);
	if (mount->from)
		str_addf(identity, "chain %s %s\n", vertex_result(mount->from)->chain.text,
			 mount->source);
	else if (mount->files)
		str_addf(identity, "context %s %s\n", mount->from_name, mount->source);
}

/* `number` tells private ones that are else the same apart. */
static char *cache_path(const struct run_mount *mount, unsigned number)
{
	AUTO(str_release) struct str identity = STR_INIT;
	struct digest digest;

	str_addf(&identity, "%s\n", mount->id);
	add_beginning(&identity, mount);
	digest_of(identity.ptr, identity.len, &digest);
	return number ? xasprintf(CACHE_DIR "/%.32s-%u", digest_hex(&digest), number)
		      : xasprintf(CACHE_DIR "/%.32s", digest_hex(&digest));
}

/* --- locks --- */

/* The lock is a file beside the cache: what the step does to the directory is its own affair. */
static int open_lock(struct solver *solver, const char *path, int *ret_fd, struct err *err)
{
	AUTO(freep) char *name = xasprintf("%s.lock", path);

	return fd_open(store_dir_fd(solver->store), name, O_RDWR | O_CREAT, 0600, ret_fd, err);
}

/* Another step with the same cache waits here, until that one is done or this one is stopped. */
static int wait_for_lock(int fd, const struct monitor *monitor, struct err *err)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, "lock");
		if (monitor_check(monitor, err) < 0)
			return -1;
		(void)nanosleep(&pause, NULL); /* woken early, it asks early */
	}
	return 0;
}

static bool is_locked_by_us(const struct cache_mounts *caches, const char *path)
{
	VEC_FOREACH(cache, caches)
		if (cache->lock_fd >= 0 && str_eq(cache->path, path))
			return true;
	return false;
}

static int lock(struct solver *solver, const struct cache_mounts *caches, struct cache_mount *cache,
		struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (is_locked_by_us(caches, cache->path))
		return 0;
	if (open_lock(solver, cache->path, &fd, err) < 0 ||
	    wait_for_lock(fd, solver->monitor, err) < 0)
		return err_wrap(err, "'%s.lock'", cache->path);
	cache->lock_fd = TAKE_FD(fd);
	return 0;
}

/* The first one that nobody has. */
static int choose_private(struct solver *solver, const struct cache_mounts *caches,
			  struct cache_mount *cache, struct err *err)
{
	for (unsigned number = 0;; number++) {
		AUTO(freep) char *path = cache_path(cache->mount, number);
		AUTO(fd_closep) int fd = -1;
		bool is_ours = is_locked_by_us(caches, path);

		if (!is_ours && open_lock(solver, path, &fd, err) < 0)
			return -1;
		if (is_ours || flock(fd, LOCK_EX | LOCK_NB) == 0) {
			free(cache->path);
			cache->path = TAKE(path);
			cache->lock_fd = TAKE_FD(fd);
			return 0;
		}
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, "lock '%s'", path);
	}
}

/* --- directories --- */

/* What the options say of a new one, and the files that it starts from. */
static int fill(struct solver *solver, const struct vertex *vertex, const struct run_mount *mount,
		int fd, bool *ret_changed, struct err *err)
{
	if ((mount->from || mount->files) &&
	    mount_files_fill(solver, vertex, mount, fd, "/", ret_changed, err) < 0)
		return -1;
	if (fchown(fd, mount->uid, mount->gid) == 0 && fchmod(fd, mount->mode) == 0)
		return 0;
	if (errno != EINVAL)
		return err_errno(err, "its directory");
	return err_set(err, ERR_UNSUPPORTED,
		       "it cannot belong to %u:%u: this user namespace lacks such ids", mount->uid,
		       mount->gid);
}

/* Appears whole or not at all: others may use it from that moment on. */
static int make(struct solver *solver, const struct vertex *vertex, const struct cache_mount *cache,
		bool *ret_changed, struct err *err)
{
	char snapshot[SNAPSHOT_PATH_MAX];
	AUTO(freep) char *path = NULL;
	AUTO(fd_closep) int fd = -1;
	int store_fd = store_dir_fd(solver->store);
	int result = 0;

	if (store_new_snapshot(solver->store, snapshot, err) < 0)
		return -1;
	path = xasprintf("%s/fs", snapshot);
	result = fd_open(store_fd, path, O_RDONLY | O_DIRECTORY, 0, &fd, err);
	if (result == 0)
		result = fill(solver, vertex, cache->mount, fd, ret_changed, err);
	if (result == 0 && renameat2(store_fd, path, store_fd, cache->path, RENAME_NOREPLACE) < 0 &&
	    errno != EEXIST)
		result = err_errno(err, "make '%s'", cache->path);
	snapshot_drop(solver->store, snapshot);
	return result;
}

/* --- all of a step --- */

static int compare(const void *a, const void *b)
{
	const struct cache_mount *left = a;
	const struct cache_mount *right = b;

	return strcmp(left->path, right->path);
}

/*
 * Locked ones first and in one order for all steps: so steps with several of them never wait for each other in a circle,
 * nor one for itself. Nobody waits for the others.
 */
static int choose(struct solver *solver, struct cache_mounts *caches, struct err *err)
{
	VEC_FOREACH(cache, caches)
		if (cache->mount->sharing == MOUNT_LOCKED && lock(solver, caches, cache, err) < 0)
			return err_wrap(err, "cache '%s'", cache->mount->id);
	VEC_FOREACH(cache, caches)
		if (cache->mount->sharing == MOUNT_PRIVATE &&
		    choose_private(solver, caches, cache, err) < 0)
			return err_wrap(err, "cache '%s'", cache->mount->id);
	return 0;
}

int cache_mounts_open(struct solver *solver, const struct vertex *vertex, struct cache_mounts *ret,
		      bool *ret_changed, struct err *err)
{
	int store_fd = store_dir_fd(solver->store);

	VEC_FOREACH(mount, &vertex->run.mounts)
		if (mount->type == MOUNT_CACHE)
			*VEC_ADD(ret) = (struct cache_mount){ .mount = mount,
							      .path = cache_path(mount, 0),
							      .lock_fd = -1 };
	if (!ret->len)
		return 0;
	qsort(ret->items, ret->len, sizeof(*ret->items), compare);
	/* What steps leave in caches, with whatever modes, is nobody else's business. */
	if (fs_mkdir_all(store_fd, CACHE_DIR, 0700, err) < 0 || choose(solver, ret, err) < 0)
		return -1;
	VEC_FOREACH(cache, ret) {
		while (!store_use(solver->store, cache->path))
			if (make(solver, vertex, cache, ret_changed, err) < 0)
				return err_wrap(err, "cache '%s'", cache->mount->id);
	}
	return 0;
}
