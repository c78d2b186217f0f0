#include "live_retry.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/path.h"
#include "builder/inputs.h"
#include "compose/list.h"
#include "device/watcher.h"

#define RETRY_MS 1000
#define QUIET_MS 60
#define MOST_MS  2000

int live_reconnect(struct deployment_session *deployment, struct live_view *view,
		   const struct err *why, struct err *err)
{
	const struct monitor *monitor = &deployment->session.monitor;

	live_view_note(view, NULL, "%s is lost (%s): waiting for it",
		       engine_name(deployment->engine), why->message ? why->message : "");
	for (;;) {
		AUTO(err_release) struct err reason = ERR_INIT;

		if (monitor_check(monitor, err) < 0)
			return -1;
		if (engine_reconnect(deployment->engine, &reason) == 0)
			break;
		(void)usleep(RETRY_MS * 1000);
	}
	live_view_note(view, NULL, "%s is there again", engine_name(deployment->engine));
	return 0;
}

/* --- waiting for another project --- */

static int watch_files(struct watcher *watcher, const struct strvec *files, struct err *err)
{
	VEC_FOREACH(file, files) {
		if (!path_is_absolute(*file) || watcher_add_file(watcher, *file, err) == 0)
			continue;
		/* one that need not be there, in a directory that is not */
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		err_clear(err);
	}
	return 0;
}

/* `inputs` must live as long as the watcher. */
static int watch_build(struct watcher *watcher, const struct build_request *request,
		       struct build_inputs *inputs, struct err *err)
{
	/* the project is what is to be changed, if its build cannot even be looked at */
	if (build_inputs_read(request, inputs, NULL) < 0)
		return 0;
	VEC_FOREACH(tree, &inputs->trees) {
		if (watcher_add_tree(watcher, tree->dir, tree->ignore, err) < 0)
			return -1;
	}
	return watch_files(watcher, &inputs->files, err);
}

static int watch_project(struct watcher *watcher, const struct deploy_project *project,
			 struct build_inputs *inputs, struct err *err)
{
	AUTO(strvec_release) struct strvec files = STRVEC_INIT;

	if (!project->is_dockerfile)
		compose_input_files(project->compose, &files);
	if (watch_files(watcher, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < project->build.len; i++) {
		if (watch_build(watcher, &project->build.requests[i], &inputs[i], err) < 0)
			return -1;
	}
	return 0;
}

static int wait_for_project(struct deployment_session *deployment, struct live_view *view,
			    struct watcher *watcher, struct deploy_project *ret, struct err *err)
{
	int cancel_fd = deployment->session.monitor.cancel_fd;

	for (;;) {
		AUTO(watcher_changes_release) struct watcher_changes changes = WATCHER_CHANGES_INIT;
		AUTO(err_release) struct err problem = ERR_INIT;

		if (watcher_wait(watcher, -1, QUIET_MS, MOST_MS, cancel_fd, &changes, err) < 0)
			return -1;
		if (deploy_project_open(deployment->args, deployment->engine, ret, &problem) == 0)
			return 0;
		live_view_error(view, NULL, &problem);
		deploy_project_release(ret);
		*ret = (struct deploy_project)DEPLOY_PROJECT_INIT;
	}
}

int live_wait_for_change(struct deployment_session *deployment, struct live_view *view,
			 struct err *err)
{
	const struct deploy_project *project = &deployment->project;
	const size_t count = project->build.len;
	AUTO(freep) struct build_inputs *inputs = xcalloc(count + 1, sizeof(*inputs));
	struct deploy_project next = DEPLOY_PROJECT_INIT;
	struct watcher *watcher = NULL;
	int status;

	status = watcher_new(&watcher, err);
	if (status == 0)
		status = watch_project(watcher, project, inputs, err);
	if (status == 0)
		status = wait_for_project(deployment, view, watcher, &next, err);
	watcher_free(watcher);
	for (size_t i = 0; i < count; i++)
		build_inputs_release(&inputs[i]);
	if (status == 0)
		deployment_change(deployment, &next);
	return status;
}
