#include "live_service.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "device/container.h"

/* A program that does not end when it is told to is killed: who saves a file wants to see it run. */
#define STOP_SECONDS 2

/* --- how it begins anew: x-edgectl, or a label --- */

static int read_restart(struct live_service *service, const struct compose_service *model,
			struct err *err)
{
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

int live_service_open(struct live_service *service, const struct compose_service *model,
		      struct err *err)
{
	const struct build_project *build = &service->deployment->project.build;

	service->overlay = container_overlay_new();
	service->restart_layers = SIZE_MAX;
	if (!service->is_built)
		return live_rules_open(model, NULL, &service->rules, err);
	descriptor_copy(&service->image, &build->results[service->index].target);
	if (build_inputs_read(&build->requests[service->index], &service->inputs, err) < 0)
		return err_wrap(err, "service '%s'", service->name);
	if (live_rules_open(model, &service->inputs, &service->rules, err) < 0)
		return -1;
	/* For the build to come from, and for what has changed since the container's was. */
	service->needs_build = service->rules.len == 0;
	return read_restart(service, model, err);
}

void live_service_release(struct live_service *service)
{
	live_rules_release(&service->rules);
	live_build_free(service->build);
	build_inputs_release(&service->inputs);
	container_overlay_free(service->overlay);
	descriptor_release(&service->image);
	strvec_release(&service->paths);
}

/* --- what is due --- */

static bool is_in_tree(const struct live_service *service, const char *path)
{
	VEC_FOREACH(tree, &service->inputs.trees) {
		size_t len = strlen(tree->dir);

		if (path_is_within(path, tree->dir) &&
		    !ignore_match(tree->ignore, path[len] ? path + len + 1 : ""))
			return true;
	}
	return false;
}

static void take_path(struct live_service *service, const char *path)
{
	if (strvec_contains(&service->inputs.files, path))
		service->needs_build = true;
	else if (is_in_tree(service, path))
		strvec_add(&service->paths, path);
}

int live_service_take(struct live_service *service, const struct watcher_changes *changes,
		      struct err *err)
{
	VEC_FOREACH(path, &changes->paths) {
		if (service->rules.len > 0)
			live_rules_take(&service->rules, *path);
		else
			take_path(service, *path);
	}
	if (!changes->lost)
		return 0;
	if (service->rules.len > 0)
		return live_rules_take_trees(&service->rules, true, err);
	service->needs_build = service->is_built;
	return 0;
}

bool live_service_has(const struct live_service *service, const char *path)
{
	return strvec_contains(&service->inputs.files, path) || is_in_tree(service, path);
}

bool live_service_is_due(const struct live_service *service)
{
	if (service->rules.len > 0)
		return live_rules_are_due(&service->rules);
	return service->needs_build || service->paths.len > 0;
}

/* --- bringing it over --- */

static struct container_sync sync_of(const struct live_service *service)
{
	const struct deployment_session *deployment = service->deployment;

	return (struct container_sync){
		.engine = deployment->engine,
		.store = deployment->session.store,
		.container = strmap_get(&deployment->result.containers, service->name),
		.from = &service->image,
		.overlay = service->overlay,
		.restart = service->restart,
		.restart_layers = service->restart_layers,
		.signal = service->signal,
		.stop_seconds = STOP_SECONDS,
	};
}

static void set_image(struct live_service *service, const struct descriptor *image)
{
	descriptor_release(&service->image);
	descriptor_copy(&service->image, image);
	service->patched_at = 0;
}

/* The image is sent and the service's container made anew. */
static int replace(struct live_service *service, const struct descriptor *image, const char *why,
		   struct err *err)
{
	uint64_t begun = monotonic_ms();

	live_view_note(service->view, service->name, "new container: %s", why);
	if (deployment_send(service->deployment, service->name, image, err) < 0 ||
	    deployment_run(service->deployment, err) < 0)
		return -1;
	container_overlay_clear(service->overlay);
	live_view_note(service->view, service->name, "runs again after %llu ms",
		       (unsigned long long)(monotonic_ms() - begun));
	return 0;
}

/* Not one of a hook, or of "docker compose run". */
static bool is_of_service(const struct container *container, const char *service)
{
	const struct strmap *labels = &container->labels;
	const char *name = strmap_get(labels, "com.docker.compose.service") ?: "";
	const char *oneoff = strmap_get(labels, "com.docker.compose.oneoff") ?: "";

	return str_eq(name, service) && !str_eq(oneoff, "True") &&
	       !strmap_get(labels, "com.docker.compose.hook");
}

/* By another livepush, a deployment, docker compose: whoever comes last has it. */
static int refuse_successor(struct live_service *service, struct err *err)
{
	const struct engine *engine = service->deployment->engine;
	const char *project = compose_name(service->deployment->project.compose);
	AUTO(freep) char *label = xasprintf("com.docker.compose.project=%s", project);
	AUTO(containers_release) struct containers containers = { .items = NULL };

	if (containers_list(service->deployment->engine, label, true, &containers, err) < 0)
		return -1;
	VEC_FOREACH(container, &containers)
		service->is_taken |= is_of_service(container, service->name);
	if (!service->is_taken)
		return 0;
	(void)err_set(err, ERR_INPUT,
		      "service '%s': somebody else has deployed '%s' on board '%s', and its "
		      "container is another one now",
		      service->name, project, engine_name(engine));
	return err_hint(err, "'edgectl livepush' again takes it over");
}

static int sync_image(struct live_service *service, const struct descriptor *image, uint64_t begun,
		      struct err *err)
{
	struct container_sync sync = sync_of(service);
	struct sync_report report;
	int status = 0;

	sync.to = image;
	status = container_sync_run(&sync, &report, err);
	/* Somebody removed it. */
	if (status < 0 && err->kind == ERR_NOT_FOUND) {
		err_clear(err);
		if (refuse_successor(service, err) < 0)
			return -1;
		return replace(service, image, "there is none any more", err);
	}
	if (status < 0)
		return -1;
	if (report.outcome == SYNC_NEEDS_NEW)
		return replace(service, image, report.why, err);
	if (report.outcome == SYNC_DONE)
		live_view_synced(service->view, service->name, &report, monotonic_ms() - begun);
	return 0;
}

/* What was known of the image's files is so no more. */
static void drop_build(struct live_service *service)
{
	live_build_free(service->build);
	service->build = NULL;
}

static int build(struct live_service *service, struct live_build **ret, struct build_result *result,
		 struct err *err)
{
	const struct build_project *project = &service->deployment->project.build;

	drop_build(service);
	return live_build_run(project->requests, project->len, service->index, ret, result, err);
}

/* Brings the container to what the build has made; then the build can be asked what further changes mean. */
static int take_build(struct live_service *service, struct live_build *owned_build,
		      const struct build_result *result, uint64_t begun, struct err *err)
{
	bool same = digest_equal(&result->target.digest, &service->image.digest) &&
		    container_overlay_is_empty(service->overlay);

	service->restart_layers = live_build_restart_layers(owned_build);
	if (!same && sync_image(service, &result->target, begun, err) < 0) {
		live_build_free(owned_build);
		return -1;
	}
	set_image(service, &result->target);
	service->build = owned_build;
	/* A build takes much for a short time; what comes now is waiting. */
	(void)malloc_trim(0);
	live_view_image(service->view, service->name, &service->image.digest);
	return 0;
}

static int update_by_build(struct live_service *service, uint64_t begun, struct err *err)
{
	AUTO(build_result_release) struct build_result result = BUILD_RESULT_INIT;
	struct live_build *made = NULL;

	if (build(service, &made, &result, err) < 0)
		return -1;
	return take_build(service, made, &result, begun, err);
}

/* --- without a build --- */

static int put_files(void *data, struct layer_sink *sink, struct err *err)
{
	const struct live_service *service = data;

	return copied_files_write(live_build_files(service->build), sink,
				  &service->deployment->session.monitor, err);
}

static int send_files(struct live_service *service, const struct copied_files *files,
		      uint64_t begun, bool *ret_done, struct err *err)
{
	struct container_sync sync = sync_of(service);
	const struct container_patch patch = { .gone = copied_files_gone(files),
					       .put_count = copied_files_put_count(files),
					       .put = put_files,
					       .data = service };
	struct sync_report report;

	if (copied_files_lowest_layer(files) > service->restart_layers &&
	    !container_overlay_is_restart_due(service->overlay))
		sync.restart = SYNC_NONE;
	if (container_sync_patch(&sync, &patch, &report, err) < 0)
		return -1;
	*ret_done = report.outcome == SYNC_DONE;
	if (!*ret_done)
		return 0;
	service->patched_at = monotonic_ms();
	live_view_synced(service->view, service->name, &report, service->patched_at - begun);
	return 0;
}

/* *ret_done false: it takes a build, also for mending what went wrong. */
static int update_by_files(struct live_service *service, uint64_t begun, bool *ret_done,
			   struct err *err)
{
	struct copied_files *files = service->build ? live_build_files(service->build) : NULL;
	enum copied_change change = COPIED_UNKNOWN;
	AUTO(err_release) struct err reason = ERR_INIT;
	int status = 0;

	*ret_done = false;
	if (files)
		status = copied_files_update(files, &service->paths, &change, &reason);
	if (status == 0 && change == COPIED_CHANGED)
		status = send_files(service, files, begun, ret_done, &reason);
	if (status == 0 && change == COPIED_SAME)
		*ret_done = true;
	if (*ret_done)
		return 0;
	drop_build(service);
	if (status == 0 || (reason.kind != ERR_NETWORK && reason.kind != ERR_CANCELLED))
		return 0;
	service->needs_build = true;
	err_move(err, &reason);
	return -1;
}

static int update_files(struct live_service *service, uint64_t begun, struct err *err)
{
	bool is_done = false;

	if (!service->needs_build && update_by_files(service, begun, &is_done, err) < 0)
		return -1;
	return is_done ? 0 : update_by_build(service, begun, err);
}

/* --- by rules --- */

static int rebuild(struct live_service *service, struct err *err)
{
	AUTO(build_result_release) struct build_result result = BUILD_RESULT_INIT;
	struct live_build *made = NULL;

	if (build(service, &made, &result, err) < 0)
		return -1;
	live_build_free(made);
	if (digest_equal(&result.target.digest, &service->image.digest))
		return 0;
	if (replace(service, &result.target, "a rule of develop.watch", err) < 0)
		return -1;
	set_image(service, &result.target);
	return live_rules_take_trees(&service->rules, false, err);
}

/* It begins with what the image has; the files that the rules put are due again. */
static int make_anew(struct live_service *service, struct err *err)
{
	if (refuse_successor(service, err) < 0)
		return -1;
	live_view_note(service->view, service->name, "new container: there is none any more");
	if (deployment_run(service->deployment, err) < 0)
		return -1;
	live_view_note(service->view, service->name, "runs again");
	return live_rules_take_trees(&service->rules, true, err);
}

static int follow_rules(struct live_service *service, uint64_t begun, struct err *err)
{
	const char *container = NULL;
	struct live_rules_report report;
	struct sync_report shown;

	if (service->rules.rebuild && service->is_built && rebuild(service, err) < 0)
		return -1;
	service->rules.rebuild = false;
	if (!live_rules_are_due(&service->rules))
		return 0;
	container = strmap_get(&service->deployment->result.containers, service->name);
	if (live_rules_apply(&service->rules, service->deployment->engine, container, STOP_SECONDS,
			     &report, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		err_clear(err);
		return make_anew(service, err);
	}
	shown = (struct sync_report){ .files = report.files.files,
				      .bytes = report.files.bytes,
				      .restarted = report.restarted };
	live_view_synced(service->view, service->name, &shown, monotonic_ms() - begun);
	return 0;
}

/* --- all of it --- */

int live_service_update(struct live_service *service, uint64_t begun, struct err *err)
{
	int status = 0;

	if (service->rules.len > 0)
		return follow_rules(service, begun, err);
	status = update_files(service, begun, err);
	if (status == 0 || (err->kind != ERR_NETWORK && err->kind != ERR_CANCELLED)) {
		strvec_clear(&service->paths);
		service->needs_build = false;
	}
	return status;
}

/* One descriptor that is readable when either is. */
static int open_alarm(int cancel_fd, int watch_fd, int *ret_fd, struct err *err)
{
	const int fds[] = { cancel_fd, watch_fd };
	AUTO(fd_closep) int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "wait for a change");
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		struct epoll_event event = { .events = EPOLLIN };

		if (fds[i] >= 0 && epoll_ctl(fd, EPOLL_CTL_ADD, fds[i], &event) < 0)
			return err_errno(err, "wait for a change");
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int live_service_prove(struct live_service *service, int watch_fd, struct err *err)
{
	struct monitor *monitor = &service->deployment->session.monitor;
	AUTO(build_result_release) struct build_result result = BUILD_RESULT_INIT;
	AUTO(fd_closep) int alarm_fd = -1;
	struct live_build *made = NULL;
	int cancel_fd = monitor->cancel_fd;
	int status = 0;

	if (open_alarm(cancel_fd, watch_fd, &alarm_fd, err) < 0)
		return -1;
	monitor->cancel_fd = alarm_fd;
	status = live_build_run(service->deployment->project.build.requests,
				service->deployment->project.build.len, service->index, &made,
				&result, err);
	monitor->cancel_fd = cancel_fd;
	if (status == 0) {
		drop_build(service);
		return take_build(service, made, &result, monotonic_ms(), err);
	}
	service->patched_at = err->kind == ERR_CANCELLED ? monotonic_ms() : 0;
	if (err->kind != ERR_CANCELLED || monitor_is_cancelled(monitor))
		return -1;
	err_clear(err);
	return 0;
}
