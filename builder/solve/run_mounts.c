#include "run_mounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "chain.h"
#include "context/ssh_agents.h"
#include "flat_root.h"
#include "mount_files.h"

void step_mounts_release(struct step_mounts *mounts)
{
	VEC_FOREACH(agent, &mounts->agents)
		ssh_forward_free(*agent);
	free(mounts->agents.items);
	VEC_FOREACH(mount, &mounts->mounts) {
		if (mount->content)
			explicit_bzero(mount->content, mount->content_len);
		free(mount->content);
		free(mount->upper);
		free(mount->work);
		strvec_release(&mount->lowers);
		free(mount->source);
		free(mount->target);
	}
	free(mounts->mounts.items);
	for (size_t i = 0; i < mounts->snapshots.len; i++)
		snapshot_drop(mounts->solver->store, mounts->snapshots.items[i]);
	strvec_release(&mounts->snapshots);
	cache_mounts_release(&mounts->caches);
	strvec_release(&mounts->env);
	secret_mask_release(&mounts->mask);
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

/* For this step alone; *ret_path is absolute. */
static int new_directory(struct solver *solver, struct step_mounts *mounts, char **ret_path,
			 int *ret_fd, struct err *err)
{
	AUTO(freep) char *fs = NULL;
	char snapshot[SNAPSHOT_PATH_MAX];

	if (store_new_snapshot(solver->store, snapshot, err) < 0)
		return -1;
	strvec_add(&mounts->snapshots, snapshot);
	fs = xasprintf("%s/fs", snapshot);
	*ret_path = path_join(store_root(solver->store), fs);
	return fd_open(store_dir_fd(solver->store), fs, O_RDONLY | O_DIRECTORY, 0, ret_fd, err);
}

/*
 * A copy, for this step alone: the ignore file counts, owners are as in a COPY, and what the step writes to it is gone
 * afterwards.
 */
static int add_files(struct solver *solver, const struct vertex *vertex,
		     const struct run_mount *mount, struct step_mounts *ret, struct err *err)
{
	const char *name = path_base(mount->source);
	AUTO(freep) char *dest = xasprintf("/%s", str_eq(name, ".") ? "" : name);
	AUTO(freep) char *source = NULL;
	AUTO(fd_closep) int fd = -1;

	if (new_directory(solver, ret, &source, &fd, err) < 0 ||
	    mount_files_fill(solver, vertex, mount, fd, dest, &ret->changed, err) < 0)
		return -1;
	add_bind(ret, path_join(source, dest), mount->target, mount->read_only);
	return 0;
}

/* What the step writes there is not kept. */
static int add_upper(struct solver *solver, struct step_mounts *mounts, struct sandbox_mount *tree,
		     struct err *err)
{
	char snapshot[SNAPSHOT_PATH_MAX];

	if (store_new_snapshot(solver->store, snapshot, err) < 0)
		return -1;
	strvec_add(&mounts->snapshots, snapshot);
	tree->upper = xasprintf("%s/fs", snapshot);
	tree->work = xasprintf("%s/work", snapshot);
	return 0;
}

/* The layers of a stage or image as they are; nothing is copied. */
static int add_tree(struct solver *solver, const struct run_mount *mount, struct step_mounts *ret,
		    struct err *err)
{
	struct sandbox_mount *tree = VEC_ADD(&ret->mounts);

	*tree = (struct sandbox_mount){
		.kind = SANDBOX_TREE,
		.source = xstrdup(mount->source),
		.target = xstrdup(mount->target),
	};
	if (chain_unpack(solver, mount->from, &tree->lowers, err) < 0)
		return -1;
	return mount->read_only ? 0 : add_upper(solver, ret, tree, err);
}

static int add_bind_mount(struct solver *solver, const struct vertex *vertex,
			  const struct run_mount *mount, struct step_mounts *ret, struct err *err)
{
	/* A stage without layers has nothing that could be mounted: the copy has the words for it. */
	if (mount->from && mount->from->depth > 0 && !solver_has_flat_roots(solver))
		return add_tree(solver, mount, ret, err);
	return add_files(solver, vertex, mount, ret, err);
}

/* --- what the caller lends --- */

/* Silently left out where the Dockerfile can do without, as with BuildKit. */
static int missing(const struct run_mount *mount, struct err *err)
{
	bool is_secret = mount->type == MOUNT_SECRET;

	if (!mount->required)
		return 0;
	(void)err_set(err, ERR_NOT_FOUND, "%s '%s' is required, and was not given",
		      is_secret ? "secret" : "ssh agent", mount->id);
	return is_secret ? err_hint(err, "give it with --secret id=%s,src=FILE", mount->id)
			 : err_hint(err, "give it with --ssh %s", mount->id);
}

static int set_variable(struct step_mounts *mounts, const struct run_mount *mount,
			const struct str *value, struct err *err)
{
	if (memchr(value->ptr, '\0', value->len))
		return err_set(err, ERR_INPUT,
			       "secret '%s' has a zero byte, which no variable can hold",
			       mount->id);
	strvec_addf(&mounts->env, "%s=%s", mount->env, value->ptr);
	return 0;
}

static int add_secret(const struct vertex *vertex, const struct run_mount *mount,
		      struct step_mounts *ret, struct err *err)
{
	const struct secret_values *known = vertex->settings->secrets;
	const struct secret_value *secret = known ? secret_values_find(known, mount->id) : NULL;

	if (!secret)
		return missing(mount, err);
	secret_mask_add(&ret->mask, str_span(&secret->value));
	if (mount->env && set_variable(ret, mount, &secret->value, err) < 0)
		return -1;
	if (!mount->target)
		return 0;
	*VEC_ADD(&ret->mounts) = (struct sandbox_mount){
		.kind = SANDBOX_FILE,
		.target = xstrdup(mount->target),
		.content = memcpy(xmalloc(secret->value.len + 1), secret->value.ptr,
				  secret->value.len + 1),
		.content_len = secret->value.len,
		.mode = mount->mode,
		.uid = mount->uid,
		.gid = mount->gid,
	};
	return 0;
}

static int add_ssh(struct solver *solver, const struct vertex *vertex,
		   const struct run_mount *mount, struct step_mounts *ret, struct err *err)
{
	struct ssh_agents *known = vertex->settings->ssh;
	AUTO(freep) char *dir = NULL;
	AUTO(fd_closep) int fd = -1;
	struct ssh_forward_request request = { .mode = mount->mode,
					       .uid = mount->uid,
					       .gid = mount->gid };
	struct ssh_forward *forward = NULL;

	if (!ssh_agents_has(known, mount->id))
		return missing(mount, err);
	if (ssh_agents_socket(known, mount->id, &request.agent, err) < 0 ||
	    new_directory(solver, ret, &dir, &fd, err) < 0)
		return -1;
	request.dir_fd = fd;
	if (ssh_forward_start(&request, &forward, err) < 0)
		return err_wrap(err, "ssh agent '%s'", mount->id);
	*VEC_ADD(&ret->agents) = forward;
	add_bind(ret, path_join(dir, SSH_FORWARD_NAME), mount->target, false);
	/* The first one is the one that ssh(1) is to ask, unless the stage says otherwise. */
	if (ret->agents.len == 1 && !strmap_has(&vertex->run.env, "SSH_AUTH_SOCK"))
		strvec_addf(&ret->env, "SSH_AUTH_SOCK=%s", mount->target);
	return 0;
}

/* --- all of them --- */

static int add_mount(struct solver *solver, const struct vertex *vertex,
		     const struct run_mount *mount, struct step_mounts *ret, struct err *err)
{
	switch (mount->type) {
	case MOUNT_BIND: return add_bind_mount(solver, vertex, mount, ret, err);
	case MOUNT_CACHE:
		add_bind(ret,
			 path_join(store_root(solver->store),
				   cache_mounts_path(&ret->caches, mount)),
			 mount->target, mount->read_only);
		return 0;
	case MOUNT_TMPFS:
		*VEC_ADD(&ret->mounts) = (struct sandbox_mount){
			.kind = SANDBOX_TMPFS,
			.target = xstrdup(mount->target),
			.size = mount->size,
		};
		return 0;
	case MOUNT_SECRET: return add_secret(vertex, mount, ret, err);
	case MOUNT_SSH: return add_ssh(solver, vertex, mount, ret, err);
	}
	return 0;
}

int step_mounts_make(struct solver *solver, const struct vertex *vertex, struct step_mounts *ret,
		     struct err *err)
{
	const struct step_volumes *volumes = vertex->settings->volumes;

	ret->solver = solver;
	if (cache_mounts_open(solver, vertex, &ret->caches, &ret->changed, err) < 0)
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
