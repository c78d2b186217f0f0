#include "app.h"
#include "command.h"
#include "compose_file.h"
#include "compose_resource.h"
#include "deploy_release.h"
#include "registry_option.h"
#include "rollout_devices.h"
#include "rollout_view.h"
#include "table.h"
#include "terminal.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/quantity.h"
#include "device/keeper.h"
#include "device_option.h"
#include "rollout/delivery.h"

#define NS_PER_MS 1000000

static const char *const offline_words[] = {
	[OFFLINE_WAIT] = "wait", [OFFLINE_SKIP] = "skip", [OFFLINE_FAIL] = "fail", NULL
};

struct rollout_args {
	struct strvec words, devices;
	const char *canary, *wave, *max_failures, *healthy_for, *timeout;
	int parallel, offline, progress;
	bool again, dry_run, json;
	struct registry_args registry;
};

/* Everything of one rollout, in the order in which it is opened. */
struct rollout_site {
	const struct rollout_args *args;
	struct plan_rules rules;
	struct deploy_health health;
	struct fleet_site fleet;
	struct image_ref ref; /* of the release; by its digest once it is read */
	struct rollout_boards boards;
	struct session session;
	struct release release;
	char *file; /* the release's compose file, here */
	struct image_supply *supply;
	struct delivery *delivery;
	struct rollout_record *record;
	struct plan plan;
};

static void rollout_site_release(struct rollout_site *site)
{
	plan_release(&site->plan);
	record_freep(&site->record);
	delivery_freep(&site->delivery);
	image_supply_freep(&site->supply);
	free(site->file);
	release_release(&site->release);
	session_release(&site->session);
	rollout_boards_release(&site->boards);
	image_ref_release(&site->ref);
	fleet_site_release(&site->fleet);
}

/* --- words --- */

static int read_amount(const char *text, const char *option, struct amount *ret, struct err *err)
{
	return amount_parse(text, ret, err) < 0 ? err_wrap(err, "option '--%s'", option) : 0;
}

static int read_time(const char *text, const char *option, uint64_t *ret_ms, struct err *err)
{
	uint64_t ns = 0;

	if (quantity_parse_duration(text, &ns, err) < 0)
		return err_wrap(err, "option '--%s'", option);
	*ret_ms = ns / NS_PER_MS;
	return 0;
}

static int read_rules(struct rollout_site *site, struct err *err)
{
	const struct rollout_args *args = site->args;
	struct plan_rules *rules = &site->rules;

	if (read_amount(args->canary, "canary", &rules->canaries, err) < 0 ||
	    read_amount(args->wave, "wave", &rules->wave, err) < 0 ||
	    read_amount(args->max_failures, "max-failures", &rules->max_failures, err) < 0 ||
	    read_time(args->healthy_for, "healthy-for", &site->health.for_ms, err) < 0 ||
	    read_time(args->timeout, "timeout", &site->health.timeout_ms, err) < 0)
		return -1;
	if (site->health.timeout_ms < site->health.for_ms) {
		(void)err_set(err, ERR_USAGE, "--timeout is shorter than --healthy-for");
		return err_hint(err, "no board could be found healthy in time");
	}
	rules->offline = (enum offline_rule)args->offline;
	rules->wait_ms = site->health.timeout_ms;
	return 0;
}

/* Names by which the address book may call the fleet. */
static int find_boards(struct rollout_site *site, struct err *err)
{
	AUTO(strvec_release) struct strvec fleets = STRVEC_INIT;
	AUTO(image_ref_release) struct image_ref repository = IMAGE_REF_INIT;

	if (site->fleet.fleet)
		strvec_add(&fleets, site->fleet.fleet->name);
	strvec_addf(&fleets, "%s/%s", site->ref.host, site->ref.repository);
	return rollout_devices_find(&site->args->devices, &fleets, &site->boards, err);
}

static bool is_over_ssh(const struct rollout_boards *boards)
{
	VEC_FOREACH(board, boards) {
		if (board->address.transport == DEVICE_SSH)
			return true;
	}
	return false;
}

static void warn_unless_private(const struct rollout_boards *boards)
{
	VEC_FOREACH(board, boards) {
		if (device_address_is_private(&board->address))
			continue;
		board_warn_unless_private(board->name, &board->address);
		return;
	}
}

/* --- opening --- */

static int read_release(struct rollout_site *site, struct err *err)
{
	bool insecure = site->args->registry.insecure;
	AUTO(freep) char *address = NULL, *reference = NULL;

	if (release_read(site->session.registry, &site->ref, &site->release, err) < 0)
		return -1;
	site->ref.digest = site->release.digest;
	reference = image_ref_format(&site->ref);
	address = xasprintf("oci://%s", reference);
	return compose_resource_fetch(&insecure, address, &site->file, err);
}

static int load_file(const void *data, struct compose **ret, struct err *err)
{
	const struct rollout_site *site = data;
	char *files[] = { site->file, NULL };
	const struct compose_options options = { .files = { .items = files, .len = 1 } };

	return compose_file_load_silently(&options, ret, err);
}

static void make_delivery(struct rollout_site *site)
{
	const struct delivery_options options = {
		.registry = site->session.registry,
		.supply = site->supply =
			image_supply_new(site->session.registry, site->session.store),
		.release = &site->release,
		.load = load_file,
		.load_data = site,
		.health = site->health,
	};

	site->delivery = delivery_new(&options);
}

static int open_site(struct app *app, const struct rollout_args *args, struct rollout_site *ret,
		     struct err *err)
{
	struct session_options options = registry_args_to_ask(&args->registry);

	if (read_rules(ret, err) < 0 ||
	    deploy_release_find(app, args->words.items[0], &ret->fleet, &ret->ref, err) < 0 ||
	    find_boards(ret, err) < 0)
		return -1;
	if (is_over_ssh(&ret->boards) && keeper_start(err) < 0)
		return -1;
	return session_open(&options, &ret->session, err);
}

/* What is told apart: the fleet, whatever release of it. */
static char *fleet_name(const struct rollout_site *site)
{
	return site->fleet.fleet ? xstrdup(site->fleet.fleet->name)
				 : xasprintf("%s/%s", site->ref.host, site->ref.repository);
}

static int open_record(struct rollout_site *site, struct err *err)
{
	AUTO(freep) char *repository = xasprintf("%s/%s", site->ref.host, site->ref.repository);
	const struct record_about about = { .fleet = repository,
					    .release = &site->release.digest,
					    .version = site->release.version,
					    .again = site->args->again };

	return record_open(&about, &site->record, err);
}

/* What an earlier rollout has done stays done. */
static void take_up(struct rollout_site *site)
{
	for (size_t i = 0; i < site->boards.len; i++) {
		if (record_is_done(site->record, site->boards.items[i].name))
			plan_set_done(&site->plan, i);
	}
}

/* --- the rollout --- */

static enum rollout_view_mode view_mode(const struct rollout_args *args)
{
	if (args->json)
		return ROLLOUT_VIEW_JSON;
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

/* What is left after a rollout that came to its end. */
static int judge(const struct plan *plan, struct err *err)
{
	const size_t *counts = plan->counts;
	size_t missed = plan->rules.offline == OFFLINE_SKIP ? 0 : counts[BOARD_OFFLINE];

	if (counts[BOARD_FAILED] + counts[BOARD_PENDING] + missed == 0)
		return 0;
	if (plan_has_failed(plan))
		(void)err_set(err, ERR_CHILD, "%zu board%s failed: no further one was begun",
			      counts[BOARD_FAILED], counts[BOARD_FAILED] == 1 ? "" : "s");
	else if (counts[BOARD_FAILED] > 0)
		(void)err_set(err, ERR_CHILD, "%zu board%s failed", counts[BOARD_FAILED],
			      counts[BOARD_FAILED] == 1 ? "" : "s");
	else
		(void)err_set(err, ERR_NETWORK, "%zu board%s could not be reached", missed,
			      missed == 1 ? "" : "s");
	return err_hint(err,
			"boards that failed have what they had before; the same command goes on "
			"with all that do not run the release yet");
}

static int finish_record(struct rollout_site *site, struct err *err)
{
	const size_t *counts = site->plan.counts;

	if (counts[BOARD_DONE] + counts[BOARD_OFFLINE] < site->plan.len)
		return 0;
	if (counts[BOARD_OFFLINE] > 0 && site->rules.offline != OFFLINE_SKIP)
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

	if (rollout_run(&rollout, err) < 0)
		return err->kind == ERR_CANCELLED
			       ? err_hint(err, "the same command goes on where this one has ended")
			       : -1;
	if (finish_record(site, err) < 0)
		return -1;
	return judge(&site->plan, err);
}

static int show_and_run(struct rollout_site *site, struct str *out, struct err *err)
{
	AUTO(freep) char *name = fleet_name(site);
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
	if (read_release(site, err) < 0)
		return -1;
	make_delivery(site);
	if (delivery_check(site->delivery, err) < 0 || open_record(site, err) < 0)
		return -1;
	plan_init(&site->plan, site->boards.len, &site->rules);
	take_up(site);
	warn_unless_private(&site->boards);
	return show_and_run(site, out, err);
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

	if (open_site(app, args_data, &site, err) < 0)
		return -1;
	status = roll_out(&site, &text, err);
	status = session_finish(&site.session, app, status, err);
	if (app_print(&text, status < 0 ? &ignored : err) < 0)
		return -1;
	return status;
}

static const struct cli_option rollout_options[] = {
	OPTION_OPERANDS(struct rollout_args, words, "FLEET[:RELEASE]", VALUE_FLEET, 1, 1),
	OPTION_LIST(struct rollout_args, devices, 0, "devices", "LIST|@FILE|all", VALUE_DEVICE,
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
	OPTION_HEADING("When is a board healthy?"),
	OPTION_STRING(struct rollout_args, healthy_for, 0, "healthy-for", "TIME", VALUE_TEXT,
		      "All services have run, and been healthy, for so long without a restart",
		      .fallback = "10s"),
	OPTION_STRING(struct rollout_args, timeout, 0, "timeout", "TIME", VALUE_TEXT,
		      "It has to be so within this time, or it is put back to what it had",
		      .fallback = "5m"),
	OPTION_HEADING("How"),
	OPTION_FLAG(struct rollout_args, again, 0, "again",
		    "Ask all boards, also those that an unfinished rollout has done"),
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
	.details = "RELEASE is a version or a channel of the fleet, whose own channel it is if it "
		   "is left "
		   "out, or HOST/REPOSITORY:RELEASE without the project.",
	.options = rollout_options,
	.args_size = sizeof(struct rollout_args),
	.examples = rollout_examples,
	.run = rollout_command_run,
};
