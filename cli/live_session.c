#include "live_session.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/path.h"
#include "compose/list.h"
#include "compose/project.h"
#include "device/log_follower.h"
#include "device/watcher.h"
#include "live_retry.h"
#include "live_service.h"

/*
 * An editor writes a file in a moment. When there are many, git is switching a branch, or an archive is being unpacked:
 * that takes longer breaths, and some seconds.
 */
#define QUIET_MS      4
#define MANY          16
#define QUIET_MANY_MS 60
#define MOST_MS       2000
#define IDLE_MS       1000
/* When nothing has been saved for so long, the image is built that the container has the files of. */
#define PROVE_MS 3000

struct live_session {
	struct deployment_session *deployment;
	struct live_view *view;
	struct strvec names;
	struct live_service *services;
	size_t count;
	struct watcher *watcher;
	struct watcher_changes seen; /* by somebody else than one_round(), which comes to them */
	struct strvec project_files;
	struct str project_state; /* of them, when they were read */
	struct log_follower **followers;
	atomic_bool lost;
	struct deploy_project next; /* read anew after a change; `has_next` tells */
	bool has_next;
};

static void live_session_release(struct live_session *live)
{
	for (size_t i = 0; live->followers && i < live->names.len; i++)
		log_follower_stop(live->followers[i]);
	free(live->followers);
	for (size_t i = 0; i < live->count; i++)
		live_service_release(&live->services[i]);
	free(live->services);
	watcher_free(live->watcher);
	watcher_changes_release(&live->seen);
	strvec_release(&live->project_files);
	str_release(&live->project_state);
	strvec_release(&live->names);
}

static const struct compose_service *model_of(const struct live_session *live, const char *name)
{
	return compose_find_service(compose_project(live->deployment->project.compose), name);
}

static const char *service_name(const struct build_item *item)
{
	return item->name ? item->name : DEPLOY_MAIN_SERVICE;
}

/* --- opening --- */

static struct live_service *add_service(struct live_session *live, const char *name)
{
	struct live_service *service = &live->services[live->count++];

	*service = (struct live_service){ .deployment = live->deployment,
					  .view = live->view,
					  .name = name,
					  .inputs = BUILD_INPUTS_INIT,
					  .rules = LIVE_RULES_INIT };
	return service;
}

static int add_built(struct live_session *live, size_t index, struct err *err)
{
	const struct build_project *build = &live->deployment->project.build;
	struct live_service *service = add_service(live, service_name(&build->items[index]));

	service->is_built = true;
	service->index = index;
	return live_service_open(service, model_of(live, service->name), err);
}

/* Services that only have rules. */
static int add_others(struct live_session *live, struct err *err)
{
	const struct compose_project *project = compose_project(live->deployment->project.compose);

	VEC_FOREACH(model, &project->services) {
		struct live_service *service = NULL;

		if (model->build || model->watch.len == 0)
			continue;
		service = add_service(live, model->name);
		if (live_service_open(service, model, err) < 0)
			return -1;
	}
	return 0;
}

static int watch_service(struct live_session *live, const struct live_service *service,
			 struct err *err)
{
	if (service->rules.len > 0)
		return live_rules_watch(&service->rules, live->watcher, err);
	VEC_FOREACH(tree, &service->inputs.trees) {
		if (watcher_add_tree(live->watcher, tree->dir, tree->ignore, err) < 0)
			return -1;
	}
	VEC_FOREACH(file, &service->inputs.files) {
		if (watcher_add_file(live->watcher, *file, err) < 0)
			return -1;
	}
	return 0;
}

/* What tells whether one of the files has been written since. */
static void describe_project(const struct live_session *live, struct str *ret)
{
	VEC_FOREACH(file, &live->project_files) {
		struct stat st = { .st_ino = 0 };

		(void)stat(*file, &st); /* one that is not there has no data */
		str_addf(ret, "%llu %lld %lld.%09ld\n", (unsigned long long)st.st_ino,
			 (long long)st.st_size, (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	}
}

static int watch_project(struct live_session *live, struct err *err)
{
	if (live->deployment->project.is_dockerfile)
		return 0;
	compose_input_files(live->deployment->project.compose, &live->project_files);
	if (live->project_state.len == 0)
		describe_project(live, &live->project_state);
	VEC_FOREACH(file, &live->project_files) {
		/* What came from the standard input does not change. */
		if (!path_is_absolute(*file) || watcher_add_file(live->watcher, *file, err) == 0)
			continue;
		/* One that need not be there, in a directory that is not. */
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		err_clear(err);
	}
	return 0;
}

static int watch_all(struct live_session *live, struct err *err)
{
	if (watcher_new(&live->watcher, err) < 0 || watch_project(live, err) < 0)
		return -1;
	for (size_t i = 0; i < live->count; i++) {
		if (watch_service(live, &live->services[i], err) < 0)
			return -1;
	}
	return 0;
}

static void show_line(void *data, const char *service, int stream, struct span line)
{
	live_view_log(data, service, stream, line);
}

static int follow_logs(struct live_session *live, struct err *err)
{
	live->followers = xcalloc(live->names.len + 1, sizeof(struct log_follower *));
	for (size_t i = 0; i < live->names.len; i++) {
		const struct log_source source = {
			.engine = live->deployment->engine,
			.project = compose_name(live->deployment->project.compose),
			.service = live->names.items[i],
			.tail = "10",
			.line = show_line,
			.data = live->view,
			.lost = &live->lost,
		};

		if (log_follower_start(&source, &live->followers[i], err) < 0)
			return -1;
	}
	return 0;
}

static int live_session_open(struct live_session *live, struct err *err)
{
	const struct build_project *build = &live->deployment->project.build;

	compose_list(live->deployment->project.compose, COMPOSE_SERVICES, &live->names);
	live_view_set_services(live->view, &live->names);
	live->services = xcalloc(build->len + live->names.len + 1, sizeof(*live->services));
	for (size_t i = 0; i < build->len; i++) {
		if (add_built(live, i, err) < 0)
			return -1;
	}
	if (add_others(live, err) < 0)
		return -1;
	for (size_t i = 0; i < live->count; i++) {
		if (live_rules_take_trees(&live->services[i].rules, false, err) < 0)
			return -1;
	}
	return watch_all(live, err) < 0 ? -1 : follow_logs(live, err);
}

/* --- what has changed --- */

/* Is a compose file among it? */
static bool is_project_changed(const struct live_session *live,
			       const struct watcher_changes *changes)
{
	AUTO(str_release) struct str state = STR_INIT;

	VEC_FOREACH(path, &changes->paths) {
		if (strvec_contains(&live->project_files, *path))
			return true;
	}
	if (!changes->lost)
		return false;
	describe_project(live, &state);
	return !str_eq(state.ptr, live->project_state.ptr);
}

/* An ignore file decides what is watched: then the watch begins anew. */
static bool is_definition_changed(const struct live_session *live,
				  const struct watcher_changes *changes)
{
	for (size_t i = 0; i < live->count; i++) {
		VEC_FOREACH(path, &changes->paths) {
			if (strvec_contains(&live->services[i].inputs.files, *path))
				return true;
		}
	}
	return false;
}

static int take_changes(struct live_session *live, const struct watcher_changes *changes,
			struct err *err)
{
	for (size_t i = 0; i < live->count; i++) {
		if (live_service_take(&live->services[i], changes, err) < 0)
			return -1;
	}
	return 0;
}

/* A broken file is told by the build; until it is whole again the old inputs count. */
static void read_inputs(const struct live_session *live, struct live_service *service,
			struct build_inputs *ret_old)
{
	const struct build_project *build = &live->deployment->project.build;
	struct build_inputs inputs = BUILD_INPUTS_INIT;

	*ret_old = inputs;
	if (!service->is_built)
		return;
	if (build_inputs_read(&build->requests[service->index], &inputs, NULL) < 0) {
		build_inputs_release(&inputs);
		return;
	}
	*ret_old = service->inputs;
	service->inputs = inputs;
}

/* The old watch, which needs the old inputs, ends when the new one is there: nothing happens unseen. */
static int read_inputs_again(struct live_session *live, struct err *err)
{
	AUTO(watcher_changes_release) struct watcher_changes changes = WATCHER_CHANGES_INIT;
	AUTO(freep) struct build_inputs *old = xcalloc(live->count + 1, sizeof(*old));
	struct watcher *watcher = TAKE(live->watcher);
	int status = 0;

	strvec_clear(&live->project_files);
	for (size_t i = 0; i < live->count; i++)
		read_inputs(live, &live->services[i], &old[i]);
	status = watch_all(live, err);
	if (status == 0)
		status = watcher_read(watcher, &changes, err);
	if (status == 0)
		status = take_changes(live, &changes, err);
	watcher_free(watcher);
	for (size_t i = 0; i < live->count; i++)
		build_inputs_release(&old[i]);
	return status;
}

/* --- bringing it to the board --- */

/* Has a file of the service changed since? Then what went wrong may be right by now. */
static int is_outdated(struct live_session *live, const struct live_service *service, bool *ret,
		       struct err *err)
{
	AUTO(watcher_changes_release) struct watcher_changes changes = WATCHER_CHANGES_INIT;

	if (watcher_read(live->watcher, &changes, err) < 0)
		return -1;
	*ret = changes.lost;
	VEC_FOREACH(path, &changes.paths)
		*ret = *ret || live_service_has(service, *path);
	strvec_add_all(&live->seen.paths, &changes.paths);
	live->seen.lost |= changes.lost;
	return 0;
}

static int show_failure(struct live_session *live, struct live_service *service,
			const struct err *why, struct err *err)
{
	if (is_outdated(live, service, &service->needs_build, err) < 0)
		return -1;
	if (!service->needs_build)
		live_view_error(live->view, service->name, why);
	return 0;
}

/* ERR_CANCELLED, ERR_NETWORK and a service that is taken end it; every other error is shown, and the old program runs on. */
static int update_stale(struct live_session *live, uint64_t begun, struct err *err)
{
	for (size_t i = 0; i < live->count; i++) {
		struct live_service *service = &live->services[i];
		AUTO(err_release) struct err why = ERR_INIT;

		if (!live_service_is_due(service) || live_service_update(service, begun, &why) == 0)
			continue;
		if (why.kind == ERR_CANCELLED || why.kind == ERR_NETWORK || service->is_taken) {
			err_move(err, &why);
			return -1;
		}
		if (show_failure(live, service, &why, err) < 0)
			return -1;
	}
	return 0;
}

/* --- a board that went away --- */

static int reconnect(struct live_session *live, const struct err *why, struct err *err)
{
	if (live_reconnect(live->deployment, live->view, why, err) < 0)
		return -1;
	atomic_store(&live->lost, false);
	return 0;
}

/* Brings over what is stale, however often the connection breaks. */
static int catch_up(struct live_session *live, uint64_t begun, struct err *err)
{
	while (update_stale(live, begun, err) < 0) {
		AUTO(err_release) struct err why = ERR_INIT;

		if (err->kind != ERR_NETWORK)
			return -1;
		err_move(&why, err);
		if (reconnect(live, &why, err) < 0)
			return -1;
	}
	return 0;
}

static int check_connection(struct live_session *live, struct err *err)
{
	AUTO(err_release) struct err why = ERR_INIT;

	if (!atomic_load(&live->lost))
		return 0;
	(void)err_set(&why, ERR_NETWORK, "its connection broke");
	return reconnect(live, &why, err);
}

/* --- the loop --- */

/* A file that is broken for now changes nothing. */
static void read_project_again(struct live_session *live)
{
	AUTO(err_release) struct err err = ERR_INIT;
	struct deploy_project next = DEPLOY_PROJECT_INIT;

	if (deploy_project_open(live->deployment->args, live->deployment->engine, &next, &err) ==
	    0) {
		live->next = next;
		live->has_next = true;
		return;
	}
	live_view_error(live->view, NULL, &err);
	deploy_project_release(&next);
}

/* Nothing happens: time for the images of what was put into containers. */
static int prove_patches(struct live_session *live, struct err *err)
{
	for (size_t i = 0; i < live->count; i++) {
		struct live_service *service = &live->services[i];

		if (!service->patched_at || monotonic_ms() < service->patched_at + PROVE_MS)
			continue;
		if (live_service_prove(service, watcher_fd(live->watcher), err) == 0)
			continue;
		if (err->kind == ERR_CANCELLED || service->is_taken)
			return -1;
		/* What a lost connection left undone is done when the board is there again. */
		if (err->kind == ERR_NETWORK) {
			service->needs_build = true;
			atomic_store(&live->lost, true);
		} else {
			live_view_error(live->view, service->name, err);
		}
		err_clear(err);
	}
	return 0;
}

static int wait_for_changes(struct live_session *live, struct watcher_changes *changes,
			    struct err *err)
{
	int cancel_fd = live->deployment->session.monitor.cancel_fd;

	if (watcher_wait(live->watcher, IDLE_MS, QUIET_MS, MOST_MS, cancel_fd, changes, err) < 0)
		return -1;
	if (changes->paths.len <= MANY)
		return 0;
	return watcher_wait(live->watcher, 0, QUIET_MANY_MS, MOST_MS, cancel_fd, changes, err);
}

static bool is_any_due(const struct live_session *live)
{
	for (size_t i = 0; i < live->count; i++) {
		if (live_service_is_due(&live->services[i]))
			return true;
	}
	return false;
}

static int one_round(struct live_session *live, struct err *err)
{
	AUTO(watcher_changes_release) struct watcher_changes changes = live->seen;
	uint64_t begun = 0;

	live->seen = (struct watcher_changes)WATCHER_CHANGES_INIT;
	if (check_connection(live, err) < 0)
		return -1;
	if (!is_any_due(live) && wait_for_changes(live, &changes, err) < 0)
		return -1;
	begun = monotonic_ms();
	if (changes.paths.len == 0 && !changes.lost && !is_any_due(live))
		return prove_patches(live, err);
	if (take_changes(live, &changes, err) < 0)
		return -1;
	if (is_project_changed(live, &changes)) {
		read_project_again(live);
		if (live->has_next)
			return 0;
	}
	if ((changes.lost || is_definition_changed(live, &changes)) &&
	    read_inputs_again(live, err) < 0)
		return -1;
	return catch_up(live, begun, err);
}

static int run(struct live_session *live, struct err *err)
{
	if (live_session_open(live, err) < 0)
		return -1;
	live_view_note(live->view, NULL, "watching; Ctrl-C leaves the services running");
	/* Rules with initial_sync have something to do at once; what is built is built in order to be kept. */
	if (catch_up(live, monotonic_ms(), err) < 0)
		return -1;
	while (!live->has_next) {
		if (one_round(live, err) < 0)
			return -1;
	}
	live_view_note(live->view, NULL, "the project has changed");
	return 0;
}

int live_session_run(struct deployment_session *deployment, struct live_view *view, struct err *err)
{
	struct live_session live = { .deployment = deployment,
				     .view = view,
				     .project_state = STR_INIT };
	int status = run(&live, err);

	live_session_release(&live);
	if (status == 0)
		deployment_change(deployment, &live.next);
	return status;
}
