#include "live_session.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/path.h"
#include "builder/inputs.h"
#include "compose/list.h"
#include "compose/project.h"
#include "device/container_sync.h"
#include "device/log_follower.h"
#include "device/watcher.h"
#include "live_rules.h"

/* An editor writes a file in some milliseconds; git switches a branch in a few seconds. */
#define QUIET_MS 10
#define MOST_MS  2000
#define IDLE_MS  1000
/* A program that does not end when it is told to is killed: who saves a file wants to see it run. */
#define STOP_SECONDS 2
#define RETRY_MS     1000

struct live_service {
	const char *name;
	bool is_built;
	size_t index;            /* among what is built */
	struct descriptor image; /* what its container has */
	struct build_inputs inputs;
	enum sync_restart restart;
	const char *signal;
	struct live_rules rules; /* develop.watch; they rule where there are some */
	bool is_stale;           /* something that it is made from has changed since */
};

struct live_session {
	struct deployment_session *deployment;
	struct live_view *view;
	struct strvec names;
	struct live_service *services;
	size_t count;
	struct watcher *watcher;
	struct strvec project_files;
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
	for (size_t i = 0; i < live->count; i++) {
		live_rules_release(&live->services[i].rules);
		build_inputs_release(&live->services[i].inputs);
		descriptor_release(&live->services[i].image);
	}
	free(live->services);
	watcher_free(live->watcher);
	strvec_release(&live->project_files);
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

/* --- how a service begins anew: x-edgectl, or a label --- */

static int read_restart(struct live_session *live, struct live_service *service, struct err *err)
{
	const struct compose_service *model = model_of(live, service->name);
	const char *word = strmap_get(&model->edgectl, "restart");
	const char *signal = strmap_get(&model->edgectl, "signal");

	if (!word)
		word = strmap_get(&model->labels, "io.edgectl.restart");
	if (!signal)
		signal = strmap_get(&model->labels, "io.edgectl.signal");
	service->signal = signal ? signal : "SIGHUP";
	if (!word || str_eq(word, "engine"))
		service->restart = SYNC_RESTART;
	else if (str_eq(word, "signal"))
		service->restart = SYNC_SIGNAL;
	else if (str_eq(word, "none"))
		service->restart = SYNC_NONE;
	else {
		(void)err_set(err, ERR_INPUT, "service '%s': x-edgectl: restart cannot be '%s'",
			      service->name, word);
		return err_hint(err, "write engine, signal or none");
	}
	return 0;
}

/* --- opening --- */

static struct live_service *add_service(struct live_session *live, const char *name)
{
	struct live_service *service = &live->services[live->count++];

	service->name = name;
	service->inputs = (struct build_inputs)BUILD_INPUTS_INIT;
	service->rules = (struct live_rules)LIVE_RULES_INIT;
	return service;
}

static int add_built(struct live_session *live, size_t index, struct err *err)
{
	const struct build_project *build = &live->deployment->project.build;
	struct live_service *service = add_service(live, service_name(&build->items[index]));

	service->is_built = true;
	service->index = index;
	descriptor_copy(&service->image, &build->results[index].target);
	if (build_inputs_read(&build->requests[index], &service->inputs, err) < 0)
		return err_wrap(err, "service '%s'", service->name);
	if (live_rules_open(model_of(live, service->name), &service->inputs, &service->rules, err) <
	    0)
		return -1;
	return read_restart(live, service, err);
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
		if (live_rules_open(model, NULL, &service->rules, err) < 0)
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

static int watch_project(struct live_session *live, struct err *err)
{
	if (live->deployment->project.is_dockerfile)
		return 0;
	compose_input_files(live->deployment->project.compose, &live->project_files);
	VEC_FOREACH(file, &live->project_files) {
		/* What came from the standard input does not change. */
		if (path_is_absolute(*file) && watcher_add_file(live->watcher, *file, err) < 0)
			return -1;
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

static bool is_input(const struct live_service *service, const char *path)
{
	if (strvec_contains(&service->inputs.files, path))
		return true;
	VEC_FOREACH(tree, &service->inputs.trees) {
		size_t len = strlen(tree->dir);

		if (path_is_within(path, tree->dir) &&
		    !ignore_match(tree->ignore, path[len] ? path + len + 1 : ""))
			return true;
	}
	return false;
}

static int mark_service(struct live_service *service, const struct watcher_changes *changes,
			struct err *err)
{
	if (service->rules.len == 0) {
		service->is_stale |= changes->lost;
		VEC_FOREACH(path, &changes->paths)
			service->is_stale |= is_input(service, *path);
		return 0;
	}
	VEC_FOREACH(path, &changes->paths)
		live_rules_take(&service->rules, *path);
	return changes->lost ? live_rules_take_trees(&service->rules, true, err) : 0;
}

/* Is a compose file among it? */
static bool is_project_changed(const struct live_session *live,
			       const struct watcher_changes *changes)
{
	VEC_FOREACH(path, &changes->paths) {
		if (strvec_contains(&live->project_files, *path))
			return true;
	}
	return changes->lost && live->project_files.len > 0;
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

static int read_inputs_again(struct live_session *live, struct err *err)
{
	const struct build_project *build = &live->deployment->project.build;

	watcher_free(live->watcher);
	live->watcher = NULL;
	strvec_clear(&live->project_files);
	for (size_t i = 0; i < live->count; i++) {
		struct live_service *service = &live->services[i];
		struct build_inputs inputs = BUILD_INPUTS_INIT;

		if (!service->is_built)
			continue;
		/* A broken file is told by the build; until it is whole again the old inputs count. */
		if (build_inputs_read(&build->requests[service->index], &inputs, NULL) < 0) {
			build_inputs_release(&inputs);
			continue;
		}
		build_inputs_release(&service->inputs);
		service->inputs = inputs;
	}
	return watch_all(live, err);
}

/* --- bringing it to the board --- */

/* The image is sent and the service's container made anew. */
static int replace(struct live_session *live, struct live_service *service,
		   const struct descriptor *image, const char *why, struct err *err)
{
	uint64_t begun = monotonic_ms();

	live_view_note(live->view, service->name, "new container: %s", why);
	if (deployment_send(live->deployment, service->name, image, err) < 0 ||
	    deployment_run(live->deployment, err) < 0)
		return -1;
	live_view_note(live->view, service->name, "runs again after %llu ms",
		       (unsigned long long)(monotonic_ms() - begun));
	return 0;
}

static int sync_service(struct live_session *live, struct live_service *service,
			const struct descriptor *image, uint64_t begun, struct err *err)
{
	const char *container = strmap_get(&live->deployment->result.containers, service->name);
	const struct container_sync sync = { .engine = live->deployment->engine,
					     .store = live->deployment->session.store,
					     .container = container,
					     .from = &service->image,
					     .to = image,
					     .restart = service->restart,
					     .signal = service->signal,
					     .stop_seconds = STOP_SECONDS };
	struct sync_report report;
	int status = container_sync_run(&sync, &report, err);

	/* Somebody removed it. */
	if (status < 0 && err->kind == ERR_NOT_FOUND) {
		err_clear(err);
		return replace(live, service, image, "there is none any more", err);
	}
	if (status < 0)
		return -1;
	if (report.outcome == SYNC_NEEDS_NEW)
		return replace(live, service, image, report.why, err);
	if (report.outcome == SYNC_DONE)
		live_view_synced(live->view, service->name, &report, monotonic_ms() - begun);
	return 0;
}

static void set_image(struct live_service *service, const struct descriptor *image)
{
	descriptor_release(&service->image);
	descriptor_copy(&service->image, image);
}

/* Builds what is stale; an error of one service leaves it stale. */
static int update(struct live_session *live, struct live_service *service, uint64_t begun,
		  struct err *err)
{
	const struct build_project *build = &live->deployment->project.build;
	AUTO(build_result_release) struct build_result result = BUILD_RESULT_INIT;

	if (build_run(&build->requests[service->index], &result, err) < 0)
		return -1;
	if (digest_equal(&result.target.digest, &service->image.digest))
		return 0;
	if (sync_service(live, service, &result.target, begun, err) < 0)
		return -1;
	set_image(service, &result.target);
	return 0;
}

static int rebuild(struct live_session *live, struct live_service *service, struct err *err)
{
	const struct build_project *build = &live->deployment->project.build;
	AUTO(build_result_release) struct build_result result = BUILD_RESULT_INIT;

	if (build_run(&build->requests[service->index], &result, err) < 0)
		return -1;
	if (digest_equal(&result.target.digest, &service->image.digest))
		return 0;
	if (replace(live, service, &result.target, "a rule of develop.watch", err) < 0)
		return -1;
	set_image(service, &result.target);
	return live_rules_take_trees(&service->rules, false, err);
}

static int follow_rules(struct live_session *live, struct live_service *service, uint64_t begun,
			struct err *err)
{
	const char *container = NULL;
	struct live_rules_report report;
	struct sync_report shown;

	if (service->rules.rebuild && service->is_built && rebuild(live, service, err) < 0)
		return -1;
	service->rules.rebuild = false;
	if (!live_rules_are_due(&service->rules))
		return 0;
	container = strmap_get(&live->deployment->result.containers, service->name);
	if (live_rules_apply(&service->rules, live->deployment->engine, container, STOP_SECONDS,
			     &report, err) < 0)
		return -1;
	shown = (struct sync_report){ .files = report.files.files,
				      .bytes = report.files.bytes,
				      .restarted = report.restarted };
	live_view_synced(live->view, service->name, &shown, monotonic_ms() - begun);
	return 0;
}

static int bring_up_to_date(struct live_session *live, struct live_service *service, uint64_t begun,
			    struct err *err)
{
	if (service->rules.len > 0)
		return live_rules_are_due(&service->rules) ? follow_rules(live, service, begun, err)
							   : 0;
	return service->is_stale ? update(live, service, begun, err) : 0;
}

/* ERR_CANCELLED and ERR_NETWORK end it; every other error is shown, and the old program runs on. */
static int update_stale(struct live_session *live, uint64_t begun, struct err *err)
{
	for (size_t i = 0; i < live->count; i++) {
		struct live_service *service = &live->services[i];

		if (bring_up_to_date(live, service, begun, err) < 0) {
			if (err->kind == ERR_CANCELLED || err->kind == ERR_NETWORK)
				return -1;
			live_view_error(live->view, service->name, err);
			err_clear(err);
		}
		service->is_stale = false;
	}
	return 0;
}

/* --- a board that went away --- */

static int reconnect(struct live_session *live, const struct err *why, struct err *err)
{
	const struct monitor *monitor = &live->deployment->session.monitor;

	live_view_note(live->view, NULL, "%s is lost (%s): waiting for it",
		       engine_name(live->deployment->engine), why->message ? why->message : "");
	for (;;) {
		AUTO(err_release) struct err reason = ERR_INIT;

		if (monitor_check(monitor, err) < 0)
			return -1;
		if (engine_reconnect(live->deployment->engine, &reason) == 0)
			break;
		(void)usleep(RETRY_MS * 1000);
	}
	atomic_store(&live->lost, false);
	live_view_note(live->view, NULL, "%s is there again",
		       engine_name(live->deployment->engine));
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

static int one_round(struct live_session *live, struct err *err)
{
	AUTO(watcher_changes_release) struct watcher_changes changes = WATCHER_CHANGES_INIT;
	int cancel_fd = live->deployment->session.monitor.cancel_fd;
	uint64_t begun = 0;

	if (check_connection(live, err) < 0 ||
	    watcher_wait(live->watcher, IDLE_MS, QUIET_MS, MOST_MS, cancel_fd, &changes, err) < 0)
		return -1;
	if (changes.paths.len == 0 && !changes.lost)
		return 0;
	begun = monotonic_ms();
	for (size_t i = 0; i < live->count; i++) {
		if (mark_service(&live->services[i], &changes, err) < 0)
			return -1;
	}
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
	/* Rules with initial_sync have something to do at once. */
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
	struct live_session live = { .deployment = deployment, .view = view };
	int status = run(&live, err);

	live_session_release(&live);
	if (status == 0)
		deployment_change(deployment, &live.next);
	return status;
}
