#include "rollout_site.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/quantity.h"
#include "compose_file.h"
#include "compose_resource.h"
#include "device/keeper.h"
#include "device_option.h"
#include "rollout_devices.h"

#define NS_PER_MS  1000000
#define MANY_FILES 8192

void rollout_site_release(struct rollout_site *site)
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
	if (rules->wave.value == 0) {
		(void)err_set(err, ERR_USAGE, "option '--wave': no board would ever follow");
		return err_hint(err, "--wave 1 for one after the other");
	}
	rules->offline = (enum offline_rule)args->offline;
	rules->wait_ms = site->health.timeout_ms;
	return 0;
}

/* Without a tag; the caller frees. */
static char *find_repository(const struct rollout_site *site)
{
	return xasprintf("%s/%s", site->ref.host, site->ref.repository);
}

/* Names by which the address book may call the fleet. */
static int find_boards(struct rollout_site *site, struct err *err)
{
	AUTO(strvec_release) struct strvec fleets = STRVEC_INIT;

	if (site->fleet.fleet)
		strvec_add(&fleets, site->fleet.fleet->name);
	strvec_take(&fleets, find_repository(site));
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

/* Each board in work has a few connections and, by ssh, a process; shells give 1024. */
static void allow_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= MANY_FILES)
		return;
	limit.rlim_cur = limit.rlim_max < MANY_FILES ? limit.rlim_max : MANY_FILES;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int rollout_site_open(struct app *app, struct rollout_site *site, struct err *err)
{
	struct session_options options = registry_args_to_ask(&site->args->registry);

	if (read_rules(site, err) < 0 ||
	    deploy_release_find(app, site->args->words.items[0], &site->fleet, &site->ref, err) <
		    0 ||
	    find_boards(site, err) < 0)
		return -1;
	allow_many_files();
	if (is_over_ssh(&site->boards) && keeper_start(err) < 0)
		return -1;
	return session_open(&options, &site->session, err);
}

int rollout_site_read(struct rollout_site *site, struct err *err)
{
	if (read_release(site, err) < 0)
		return -1;
	make_delivery(site);
	if (delivery_check(site->delivery, err) < 0)
		return -1;
	plan_init(&site->plan, site->boards.len, &site->rules);
	warn_unless_private(&site->boards);
	return 0;
}

char *rollout_site_fleet(const struct rollout_site *site)
{
	return site->fleet.fleet ? xstrdup(site->fleet.fleet->name) : find_repository(site);
}

/* --- what was done before --- */

static struct record_about about(const struct rollout_site *site, const char *repository)
{
	return (struct record_about){ .fleet = repository,
				      .release = &site->release.digest,
				      .version = site->release.version,
				      .again = site->args->again };
}

int rollout_site_take(struct rollout_site *site, struct err *err)
{
	AUTO(freep) char *repository = find_repository(site);
	const struct record_about what = about(site, repository);

	if (record_open(&what, &site->record, err) < 0)
		return -1;
	for (size_t i = 0; i < site->boards.len; i++) {
		if (record_is_done(site->record, site->boards.items[i].name))
			plan_set_done(&site->plan, i);
	}
	return 0;
}

int rollout_site_peek(struct rollout_site *site, struct err *err)
{
	AUTO(freep) char *repository = find_repository(site);
	const struct record_about what = about(site, repository);
	AUTO(strmap_release) struct strmap states = STRMAP_INIT;

	if (record_peek(&what, &states, err) < 0)
		return -1;
	for (size_t i = 0; i < site->boards.len; i++) {
		if (str_eq(strmap_get(&states, site->boards.items[i].name),
			   board_state_name(BOARD_DONE)))
			plan_set_done(&site->plan, i);
	}
	return 0;
}
