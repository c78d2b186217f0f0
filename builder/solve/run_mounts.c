#include "run_mounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/path.h"
#include "image/digest.h"

#define CACHE_DIR "cache-mounts"

void step_mounts_release(struct step_mounts *mounts)
{
	VEC_FOREACH(mount, &mounts->mounts) {
		free(mount->source);
		free(mount->target);
	}
	free(mounts->mounts.items);
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

static int add_context(struct solver *solver, const struct run_mount *mount,
		       struct step_mounts *ret, struct err *err)
{
	AUTO(freep) char *joined = path_join(solver->context_dir, mount->source);
	char *source = NULL;
	struct tree_node *node = NULL;

	if (mount->from)
		return err_set(
			err, ERR_UNSUPPORTED,
			"--mount=type=bind,from=: files of another stage cannot be mounted yet; "
			"use COPY --from");
	if (!mount->read_only)
		return err_set(err, ERR_UNSUPPORTED,
			       "--mount=type=bind,rw: a writable mount of the context is not "
			       "possible yet");
	if (tree_resolve(solver->context, mount->source, &node, err) < 0)
		return -1;
	if (!node)
		return err_set(err, ERR_NOT_FOUND, "--mount: '%s' not found in the build context",
			       mount->source);
	if (fs_realpath(joined, &source, err) < 0)
		return -1;
	add_bind(ret, source, mount->target, true);
	return 0;
}

/* Another step with the same cache waits here. */
static int lock_cache(const struct run_mount *mount, int dir_fd, struct step_mounts *ret,
		      struct err *err)
{
	if (mount->sharing == MOUNT_SHARED)
		return 0;
	if (flock(dir_fd, LOCK_EX) < 0)
		return err_errno(err, "lock cache '%s'", mount->id);
	*VEC_ADD(&ret->locks) = dir_fd;
	return 0;
}

static int add_cache(struct solver *solver, const struct run_mount *mount, struct step_mounts *ret,
		     struct err *err)
{
	struct digest digest;
	AUTO(freep) char *path = NULL;
	AUTO(fd_closep) int fd = -1;
	bool is_new;

	if (mount->from)
		return err_set(err, ERR_UNSUPPORTED,
			       "--mount=type=cache,from=: an initial content is not possible yet");
	digest_of(mount->id, strlen(mount->id), &digest);
	path = xasprintf(CACHE_DIR "/%.32s", digest_hex(&digest));
	is_new = !fs_exists(store_dir_fd(solver->store), path);
	if (fs_mkdir_all(store_dir_fd(solver->store), path, 0755, err) < 0 ||
	    fd_open(store_dir_fd(solver->store), path, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0)
		return err_wrap(err, "cache '%s'", mount->id);
	if (is_new && (fchown(fd, mount->uid, mount->gid) < 0 || fchmod(fd, mount->mode) < 0))
		return err_errno(err, "cache '%s'", mount->id);
	add_bind(ret, path_join(store_root(solver->store), path), mount->target, mount->read_only);
	if (lock_cache(mount, fd, ret, err) < 0)
		return -1;
	if (mount->sharing != MOUNT_SHARED)
		(void)TAKE_FD(fd); /* ret->locks holds it */
	return 0;
}

static int add_mount(struct solver *solver, const struct run_mount *mount, struct step_mounts *ret,
		     struct err *err)
{
	switch (mount->type) {
	case MOUNT_BIND: return add_context(solver, mount, ret, err);
	case MOUNT_CACHE: return add_cache(solver, mount, ret, err);
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
	VEC_FOREACH(mount, &vertex->run.mounts) {
		if (add_mount(solver, mount, ret, err) < 0)
			return -1;
	}
	for (size_t i = 0; solver->volumes && i < solver->volumes->len; i++) {
		const struct sandbox_mount *volume = &solver->volumes->items[i];

		add_bind(ret, xstrdup(volume->source), volume->target, volume->read_only);
	}
	return 0;
}
