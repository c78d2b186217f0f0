#include <malloc.h>

#include "app.h"
#include "base/fd.h"
#include "command.h"
#include "deploy_options.h"
#include "deploy_run.h"
#include "live_lock.h"
#include "live_retry.h"
#include "live_session.h"

struct livepush_args {
	struct deploy_args deploy;
	bool detached, no_live, json;
};

static int push(struct deployment_session *session, struct err *err)
{
	return deployment_build(session, err) < 0 ? -1 : deployment_run(session, err);
}

/* What is wrong with a changed project is shown, and the next change tries again; the old containers run on. */
static int push_changed(struct deployment_session *session, struct live_view *view, struct err *err)
{
	while (push(session, err) < 0) {
		AUTO(err_release) struct err why = ERR_INIT;

		if (err->kind == ERR_CANCELLED)
			return -1;
		err_move(&why, err);
		if (why.kind == ERR_NETWORK) {
			if (live_reconnect(session, view, &why, err) < 0)
				return -1;
			continue;
		}
		live_view_error(view, NULL, &why);
		if (live_wait_for_change(session, view, err) < 0)
			return -1;
	}
	return 0;
}

static int stay(struct deployment_session *session, struct live_view *view, struct err *err)
{
	int status = 0;

	while (status == 0) {
		status = live_session_run(session, view, err);
		if (status == 0)
			status = push_changed(session, view, err);
	}
	return status;
}

/* From here on there are lines of text. */
static int go_live(struct app *app, struct deployment_session *session, bool json, struct err *err)
{
	struct live_view *view = live_view_new(json);
	int status = 0;

	session->session.monitor = live_view_monitor(view, session->session.monitor.cancel_fd);
	status = stay(session, view, err);
	if (err->kind == ERR_CANCELLED) {
		live_view_note(view, NULL, "stopped; the services run on");
		app->error_is_shown = true;
	} else if (status < 0 && json) {
		live_view_error(view, NULL, err);
	}
	session->session.monitor = MONITOR_SILENT;
	live_view_free(view);
	return status;
}

/*
 * Hours of waiting between moments of work: what those leave behind in every thread's part of the heap would stay (two parts,
 * and none of them with more than that to spare; mallopt(3)).
 */
static void keep_little_memory(void)
{
	(void)mallopt(M_ARENA_MAX, 2);
	(void)mallopt(M_TRIM_THRESHOLD, 512 << 10);
}

static int livepush_run(struct app *app, const void *args_data, struct err *err)
{
	const struct livepush_args *args = args_data;
	AUTO(deployment_session_release)
	struct deployment_session session = DEPLOYMENT_SESSION_INIT;
	AUTO(fd_closep) int lock_fd = -1;
	int status = 0;

	session.is_live = !args->detached && !args->no_live;
	if (session.is_live)
		keep_little_memory();
	status = deployment_session_open(&args->deploy, "Pushing", &session, err);
	if (status == 0 && session.is_live)
		status = live_lock(&session, &lock_fd, err);
	if (status < 0)
		return -1;
	status = push(&session, err);
	if (session_finish(&session.session, app, status, err) < 0)
		return -1;
	if (args->detached || args->no_live)
		return 0;
	return go_live(app, &session, args->json, err);
}

static const struct cli_option livepush_options[] = {
	DEPLOY_OPTIONS(struct livepush_args, deploy),
	OPTION_HEADING("How"),
	OPTION_FLAG(struct livepush_args, detached, 'd', "detached",
		    "Return once the services run"),
	OPTION_FLAG(struct livepush_args, no_live, 0, "no-live", "The same as --detached"),
	OPTION_FLAG(struct livepush_args, json, 0, "json",
		    "Print a JSON object for every line of a log, every sync and every error, once "
		    "the services run"),
	OPTION_PROGRESS(struct livepush_args, deploy.build.how.progress),
	OPTION_END,
};

static const struct cli_example livepush_examples[] = {
	{ "The project here, in sync with a board:", "edgectl livepush root@raspberrypi.local" },
	{ .text = NULL },
};

const struct cli_command cmd_livepush = {
	.name = "livepush",
	.group = GROUP_DEVICE,
	.summary = "Run a project on a board and keep it in sync with the files here",
	.details =
		"Does what 'edgectl deploy' does, shows what the services print, and stays: every "
		"file that is saved is in the running container a moment later, and its program "
		"begins anew. What a build would run again is run again here, and only the files "
		"that "
		"came out differently travel. A step that fails shows what it printed; the old "
		"program runs on, and the next save tries again.\n\n"
		"When the Dockerfile changes the image's settings, or a compose file changes, the "
		"containers concerned are made anew. When the board is lost, edgectl waits for it "
		"and "
		"then brings over what has changed meanwhile. Ctrl-C leaves the services running.",
	.manual =
		"A service with rules in 'develop.watch' follows these instead: sync, "
		"sync+restart, sync+exec, restart, "
		"rebuild and initial_sync as docker compose has them.\n\n"
		"How a program begins anew is the service's to say: 'x-edgectl: {restart: "
		"engine}', which is "
		"the default, 'x-edgectl: {restart: signal, signal: SIGHUP}', or 'x-edgectl: "
		"{restart: none}' for a program that watches its files itself. The labels "
		"io.edgectl.restart and io.edgectl.signal serve as well. A program that does not "
		"end "
		"within two seconds is killed.\n\n"
		"With --json each line is an object, and its 'event' one of these: 'log' "
		"(service, stream, text), 'sync' (service, files, bytes, ms, restarted, built), "
		"'image' (service, digest: the image is in the local store that the container has "
		"the files of), 'error' (service, kind, text, hint, output) and 'note' (service, "
		"text). docs/livepush.md says what each field is, and which may be left out.",
	.options = livepush_options,
	.args_size = sizeof(struct livepush_args),
	.examples = livepush_examples,
	.run = livepush_run,
};
