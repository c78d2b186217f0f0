#include "run_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/path.h"
#include "chain.h"
#include "copy_step.h"
#include "image/digest.h"

#define CACHE_DIR     "cache-mounts"
#define LOCK_PAUSE_NS 50000000 /* between two looks at a lock that another step holds */

void step_mounts_release(struct step_mounts *mounts)
{
	VEC_FOREACH(mount, &mounts->mounts) {
		free(mount->source);
		free(mount->target);
	}
	free(mounts->mounts.items);
	for (size_t i = 0; i < mounts->snapshots.len; i++)
		snapshot_drop(mounts->solver->store, mounts->snapshots.items[i]);
	strvec_release(&mounts->snapshots);
	VEC_FOREACH(lock, &mounts->locks)
		fd_closep(lock);
	free(mounts->locks.items);
	*mounts = (struct step_mounts)STEP_MOUNTS_INIT;
}

static void add_bind(struct step_mounts *ret, char *owned_source, const char *target,
		     bool read_only)
{
	*VEC_ADD(&ret->mounts) = (struct sandbox_mount){
		.kind = SANDBOX_BIND,
		.source = owned_source,
		.target = xstrdup(target),
		.read_only = read_only,
	};
}

/* Puts the files that a mount names below the directory `fd`, as a COPY of them would. */
static int fill_directory(struct solver *solver, const struct vertex *vertex,
			  const struct run_mount *mount, int fd, const char *dest,
			  struct step_mounts *ret, struct err *err)
{
	AUTO(selection_release) struct selection selection = { .tree = NULL };
	AUTO(tree_freep) struct tree *files = NULL;
	AUTO(layer_unpacker_freep) struct layer_unpacker *unpacker = NULL;
	struct copy_argument argument = { .path = mount->source };
	AUTO(freep) char *to = xstrdup(dest);
	struct vertex copy = {
		.kind = VERTEX_COPY,
		.settings = vertex->settings,
		.instruction = vertex->instruction,
		.copy = { .from = mount->from,
			  .files = mount->files,
			  .from_name = mount->from_name,
			  .arguments = { .items = &argument, .len = 1 },
			  .dest = to },
	};
	bool changed = false;
	int result;

	if (mount->from && chain_view(solver, mount->from, &files, err) < 0)
		return -1;
	pthread_mutex_lock(&solver->lock); /* contexts are everybody's */
	result = selection_make(mount->from ? files : vertex_files(vertex, mount->files)->tree,
				&copy.copy, vertex->file, &selection, err);
	pthread_mutex_unlock(&solver->lock);
	if (result < 0)
		return err_wrap(err, "--mount");
	unpacker = layer_unpacker_new(fd, err);
	if (!unpacker || copy_execute(solver, &copy, &selection, NULL,
				      layer_unpacker_sink(unpacker), &changed, err) < 0)
		return -1;
	ret->changed |= changed;
	return layer_unpacker_finish(unpacker, err);
}

/*
 * A copy of the files, for this step alone: the ignore file counts, owners are as in a COPY, and
 * what the step writes to it is gone afterwards.
 */
static int add_files(struct solver *solver, const struct vertex *vertex,
		     const struct run_mount *mount, struct step_mounts *ret, struct err *err)
{
	const char *name = path_base(mount->source);
	AUTO(freep) char *dest = xasprintf("/%s", str_eq(name, ".") ? "" : name);
	AUTO(freep) char *source = NULL, *fs = NULL;
	AUTO(fd_closep) int fd = -1;
	char snapshot[SNAPSHOT_PATH_MAX];

	if (store_new_snapshot(solver->store, snapshot, err) < 0)
		return -1;
	strvec_add(&ret->snapshots, snapshot);
	fs = xasprintf("%s/fs", snapshot);
	if (fd_open(store_dir_fd(solver->store), fs, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0 ||
	    fill_directory(solver, vertex, mount, fd, dest, ret, err) < 0)
		return -1;
	source = path_join(store_root(solver->store), fs);
	add_bind(ret, path_join(source, dest), mount->target, mount->read_only);
	return 0;
}

/* --- caches --- */

static char *cache_path(const struct run_mount *mount)
{
	struct digest digest;

	digest_of(mount->id, strlen(mount->id), &digest);
	return xasprintf(CACHE_DIR "/%.32s", digest_hex(&digest));
}

/* A new cache: with the files that it starts from, and what its options say of the directory. */
static int make_cache(struct solver *solver, const struct vertex *vertex,
		      const struct run_mount *mount, const char *path, struct step_mounts *ret,
		      struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	int store_fd = store_dir_fd(solver->store);

	if (fs_mkdir_all(store_fd, path, 0755, err) < 0 ||
	    fd_open(store_fd, path, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0)
		return -1;
	if ((mount->from || mount->files) &&
	    fill_directory(solver, vertex, mount, fd, "/", ret, err) < 0) {
		/* half of it is worse than none */
		if (fs_remove_all(store_fd, path, NULL) < 0)
			log_debug("solve", "remove %s: %s, ignoring", path, strerror(errno));
		return -1;
	}
	if (fchown(fd, mount->uid, mount->gid) < 0 || fchmod(fd, mount->mode) < 0)
		return err_errno(err, "its directory");
	return 0;
}

static int add_cache(struct solver *solver, const struct vertex *vertex,
		     const struct run_mount *mount, struct step_mounts *ret, struct err *err)
{
	AUTO(freep) char *path = cache_path(mount);

	if (!store_use(solver->store, path) &&
	    make_cache(solver, vertex, mount, path, ret, err) < 0)
		return err_wrap(err, "cache '%s'", mount->id);
	add_bind(ret, path_join(store_root(solver->store), path), mount->target, mount->read_only);
	return 0;
}

/* Another step with the same cache waits here, until that one is done or this one is stopped. */
static int lock_file(int fd, const struct monitor *monitor, struct err *err)
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

/* The lock is a file beside the cache: what the step does to the directory is its own affair. */
static int lock_cache(struct solver *solver, const char *path, struct step_mounts *ret,
		      struct err *err)
{
	AUTO(freep) char *name = xasprintf("%s.lock", path);
	AUTO(fd_closep) int fd = -1;

	if (fd_open(store_dir_fd(solver->store), name, O_RDWR | O_CREAT, 0600, &fd, err) < 0 ||
	    lock_file(fd, solver->monitor, err) < 0)
		return err_wrap(err, "'%s'", name);
	*VEC_ADD(&ret->locks) = TAKE_FD(fd);
	return 0;
}

/*
 * Before anything is mounted, in one order for all steps and once for each cache: so steps with
 * several of them never wait for each other in a circle, nor one for itself.
 */
static int lock_caches(struct solver *solver, const struct vertex *vertex, struct step_mounts *ret,
		       struct err *err)
{
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;

	VEC_FOREACH(mount, &vertex->run.mounts) {
		if (mount->type == MOUNT_CACHE && mount->sharing != MOUNT_SHARED)
			strvec_take(&paths, cache_path(mount));
	}
	strvec_sort(&paths);
	for (size_t i = 0; i < paths.len; i++) {
		if (i > 0 && str_eq(paths.items[i], paths.items[i - 1]))
			continue;
		if (lock_cache(solver, paths.items[i], ret, err) < 0)
			return -1;
	}
	return 0;
}

static bool has_caches(const struct vertex *vertex)
{
	VEC_FOREACH(mount, &vertex->run.mounts) {
		if (mount->type == MOUNT_CACHE)
			return true;
	}
	return false;
}

/* What steps leave in caches, with whatever modes, is nobody else's business. */
static int open_caches(struct solver *solver, const struct vertex *vertex, struct step_mounts *ret,
		       struct err *err)
{
	if (!has_caches(vertex))
		return 0;
	if (fs_mkdir_all(store_dir_fd(solver->store), CACHE_DIR, 0700, err) < 0)
		return -1;
	return lock_caches(solver, vertex, ret, err);
}

/* --- all of them --- */

static int add_mount(struct solver *solver, const struct vertex *vertex,
		     const struct run_mount *mount, struct step_mounts *ret, struct err *err)
{
	switch (mount->type) {
	case MOUNT_BIND: return add_files(solver, vertex, mount, ret, err);
	case MOUNT_CACHE: return add_cache(solver, vertex, mount, ret, err);
	case MOUNT_TMPFS:
		*VEC_ADD(&ret->mounts) = (struct sandbox_mount){
			.kind = SANDBOX_TMPFS,
			.target = xstrdup(mount->target),
			.size = mount->size,
		};
		return 0;
	case MOUNT_SECRET:
	case MOUNT_SSH: break;
	}
	/* Optional ones are left out silently, as when none was given on the command line. */
	if (!mount->required)
		return 0;
	return err_set(err, ERR_UNSUPPORTED, "--mount=type=%s is not possible yet",
		       mount->type == MOUNT_SECRET ? "secret" : "ssh");
}

int step_mounts_make(struct solver *solver, const struct vertex *vertex, struct step_mounts *ret,
		     struct err *err)
{
	const struct step_volumes *volumes = vertex->settings->volumes;

	ret->solver = solver;
	if (open_caches(solver, vertex, ret, err) < 0)
		return -1;
	VEC_FOREACH(mount, &vertex->run.mounts) {
		if (add_mount(solver, vertex, mount, ret, err) < 0)
			return -1;
	}
	for (size_t i = 0; volumes && i < volumes->len; i++) {
		const struct sandbox_mount *volume = &volumes->items[i].mount;

		add_bind(ret, xstrdup(volume->source), volume->target, volume->read_only);
	}
	return 0;
}
