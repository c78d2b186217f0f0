#include "app.h"
#include "command.h"
#include "rollout_dry_run.h"
#include "rollout_site.h"
#include "rollout_view.h"
#include "terminal.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

static const char *const offline_words[] = {
	[OFFLINE_WAIT] = "wait", [OFFLINE_SKIP] = "skip", [OFFLINE_FAIL] = "fail", NULL
};

static enum rollout_view_mode view_mode(const struct rollout_args *args)
{
	if (args->json)
		return ROLLOUT_VIEW_JSON;
	if (args->registry.verbose) /* its lines would be drawn over */
		return ROLLOUT_VIEW_PLAIN;
	switch ((enum progress_mode)args->progress) {
	case PROGRESS_TTY: return ROLLOUT_VIEW_LIVE;
	case PROGRESS_JSON: return ROLLOUT_VIEW_JSON;
	case PROGRESS_QUIET: return ROLLOUT_VIEW_QUIET;
	case PROGRESS_PLAIN:
	case PROGRESS_MESSAGES: return ROLLOUT_VIEW_PLAIN;
	case PROGRESS_AUTO: break;
	}
	return terminal_is_usable(STDERR_FILENO) && !getenv("EDGECTL_DEBUG") ? ROLLOUT_VIEW_LIVE
									     : ROLLOUT_VIEW_PLAIN;
}

/* Those that count. Where none at all was reached it is not the boards that are away. */
static size_t missed(const struct plan *plan)
{
	const size_t *counts = plan->counts;
	bool is_any_left_out = plan->rules.offline == OFFLINE_SKIP && counts[BOARD_DONE] > 0;

	return is_any_left_out ? 0 : counts[BOARD_OFFLINE];
}

/* What is left after a rollout that came to its end. */
static int judge(const struct plan *plan, struct err *err)
{
	const size_t *counts = plan->counts;

	if (counts[BOARD_FAILED] + counts[BOARD_PENDING] + missed(plan) == 0)
		return 0;
	if (plan_has_failed(plan))
		(void)err_set(err, ERR_CHILD, "%zu board%s failed: no further one was begun",
			      counts[BOARD_FAILED], counts[BOARD_FAILED] == 1 ? "" : "s");
	else if (counts[BOARD_FAILED] > 0)
		(void)err_set(err, ERR_CHILD, "%zu board%s failed", counts[BOARD_FAILED],
			      counts[BOARD_FAILED] == 1 ? "" : "s");
	else
		(void)err_set(err, ERR_NETWORK, "%zu board%s could not be reached", missed(plan),
			      missed(plan) == 1 ? "" : "s");
	return err_hint(err,
			"boards that failed have what they had before; the same command goes on "
			"with all that do not run the release yet");
}

static int finish_record(struct rollout_site *site, struct err *err)
{
	const size_t *counts = site->plan.counts;

	if (counts[BOARD_DONE] + counts[BOARD_OFFLINE] < site->plan.len || missed(&site->plan) > 0)
		return 0;
	return record_finish(site->record, err);
}

static int run(struct rollout_site *site, struct rollout_view *view, struct err *err)
{
	struct rollout rollout = { .boards = &site->boards,
				   .plan = &site->plan,
				   .parallel = (unsigned)site->args->parallel,
				   .record = site->record,
				   .monitor = &site->session.monitor,
				   .bring = delivery_bring,
				   .data = site->delivery,
				   .tell = rollout_view_tell,
				   .tell_data = view };

	if (rollout_run(&rollout, err) < 0 || finish_record(site, err) < 0)
		return -1;
	return judge(&site->plan, err);
}

static int show_and_run(struct rollout_site *site, struct str *out, struct err *err)
{
	AUTO(freep) char *name = rollout_site_fleet(site);
	const struct rollout_scene scene = { .fleet = name,
					     .version = site->release.version,
					     .digest = site->release.digest.text,
					     .boards = &site->boards,
					     .plan = site->plan };
	AUTO(rollout_view_freep) struct rollout_view *view = NULL;
	int status = 0;

	view = rollout_view_new(view_mode(site->args), &scene, &site->session.monitor);
	status = run(site, view, err);
	rollout_view_finish(view, status, err, out);
	return status;
}

static int roll_out(struct rollout_site *site, struct str *out, struct err *err)
{
	if (rollout_site_read(site, err) < 0)
		return -1;
	if (site->args->dry_run)
		return rollout_dry_run(site, out, err);
	return rollout_site_take(site, err) < 0 ? -1 : show_and_run(site, out, err);
}

static int rollout_command_run(struct app *app, const void *args_data, struct err *err)
{
	AUTO(rollout_site_release)
	struct rollout_site site = { .args = args_data,
				     .fleet = FLEET_SITE_INIT,
				     .ref = IMAGE_REF_INIT,
				     .session = SESSION_INIT,
				     .release = RELEASE_INIT };
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(err_release) struct err ignored = ERR_INIT;
	int status = 0;

	if (rollout_site_open(app, &site, err) < 0)
		return -1;
	status = roll_out(&site, &text, err);
	status = session_finish(&site.session, app, status, err);
	if (status < 0 && err->kind == ERR_CANCELLED && site.record)
		(void)err_hint(err, "the same command goes on where this one has ended");
	if (app_print(&text, status < 0 ? &ignored : err) < 0)
		return -1;
	return status;
}

static const struct cli_option rollout_options[] = {
	OPTION_OPERANDS(struct rollout_args, words, "FLEET[:RELEASE]", VALUE_FLEET_RELEASE, 1, 1),
	OPTION_LIST(struct rollout_args, devices, 0, "devices", "LIST|@FILE|all", VALUE_DEVICES,
		    "Boards by name or address, between commas; one a line of FILE; or all that "
		    "'edgectl device add --fleet' has given to the fleet"),
	OPTION_HEADING("In which order"),
	OPTION_STRING(struct rollout_args, canary, 0, "canary", "N|P%", VALUE_TEXT,
		      "So many boards first: if one of them fails, no other is touched",
		      .fallback = "1"),
	OPTION_STRING(struct rollout_args, wave, 0, "wave", "N|P%", VALUE_TEXT,
		      "Then so many, and the next ones when all of these are healthy",
		      .fallback = "100%"),
	OPTION_INT(struct rollout_args, parallel, 0, "parallel", "N", 1, 256,
		   "At most so many at the same time", .fallback = "10"),
	OPTION_STRING(struct rollout_args, max_failures, 0, "max-failures", "N|P%", VALUE_TEXT,
		      "Go on until more boards than these have failed", .fallback = "0"),
	OPTION_CHOICE(struct rollout_args, offline, 0, "offline", "WHAT", offline_words,
		      "Boards that cannot be reached: try again at the end, leave out, or count as "
		      "failed",
		      .fallback = "wait"),
	OPTION_HEADING("What counts as healthy"),
	OPTION_STRING(struct rollout_args, healthy_for, 0, "healthy-for", "TIME", VALUE_TEXT,
		      "All services have run, and been healthy, for so long without a restart",
		      .fallback = "10s"),
	OPTION_STRING(struct rollout_args, timeout, 0, "timeout", "TIME", VALUE_TEXT,
		      "It has to be so within this time, or it is put back to what it had",
		      .fallback = "5m"),
	OPTION_HEADING("How"),
	OPTION_FLAG(struct rollout_args, again, 0, "again",
		    "Ask all boards, also those that an unfinished rollout has done"),
	OPTION_FLAG(struct rollout_args, dry_run, 0, "dry-run",
		    "Only show the waves, and what each board runs now"),
	OPTION_FLAG(struct rollout_args, json, 0, "json",
		    "Print what happens as JSON, an object a line"),
	OPTION_PROGRESS(struct rollout_args, progress),
	OPTION_REGISTRY(struct rollout_args, registry),
	OPTION_END,
};

static const struct cli_example rollout_examples[] = {
	{ "What the fleet's channel has, to some boards:",
	  "edgectl rollout greenhouse --devices bench,root@raspberrypi.local" },
	{ "A release to all boards of the fleet, five first, then a tenth of them at a time:",
	  "edgectl rollout greenhouse:v1.5 --devices all --canary 5 --wave 10%" },
	{ .text = NULL },
};

const struct cli_command cmd_rollout = {
	.name = "rollout",
	.group = GROUP_FLEET,
	.summary = "Bring a release to many boards, some at a time",
	.details =
		"RELEASE is a version or a channel of the fleet, whose own channel it is if it is "
		"left out, or HOST/REPOSITORY:RELEASE without the project.\n\n"
		"The canaries come first, then the waves, each when all boards of the one before "
		"are "
		"healthy. A board pulls the images before anything is stopped; what it cannot have "
		"from the registry is sent from here. If it does not get healthy in time, it is "
		"put "
		"back to what it had. A board that runs the release already is left alone.\n\n"
		"Interrupted anywhere, the same command goes on. The exit status is 0 when all "
		"boards "
		"run the release, and 1 when one failed, was not begun or could not be reached.",
	.manual =
		"With --json there is an object a line. All have the members 'event' and "
		"'time_ms', "
		"since the beginning, and all but the last one 'wave', which is 0 for the "
		"canaries.\n\n"
		"'wave': one begins; or, with 'retrying' true, boards that could not be reached "
		"are "
		"tried again.\n\n"
		"'board': with 'board', as it was named, and 'state', which is 'active' when its "
		"turn "
		"comes, and then 'done', 'failed', 'offline', or 'pending' when it was put back "
		"because the user stopped it. When its turn is over there are 'ms', how long it "
		"took, "
		"'from' and 'to', the releases, 'unchanged', whether it ran the release already, "
		"and "
		"'reason' and 'hint' if it is not done. A board that could not be reached may come "
		"again.\n\n"
		"'phase' and 'note': with 'board' and 'text', for people.\n\n"
		"'summary': the last one, with 'status', which is 'done', 'failed' or "
		"'interrupted', "
		"'release', 'digest', 'boards', 'unchanged', and how many are 'done', 'failed', "
		"'offline' and 'pending'; 'reason' unless it is done.\n\n"
		"With --dry-run there is a 'plan' for each board, without the time: 'wave', "
		"'board', "
		"'done' by an unfinished rollout, 'from' and 'to', and 'reason' if it could not be "
		"asked.",
	.options = rollout_options,
	.args_size = sizeof(struct rollout_args),
	.examples = rollout_examples,
	.run = rollout_command_run,
};
