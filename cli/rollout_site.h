/* What `edgectl rollout` works with: the words, the release, the boards, and what was done before. */
#ifndef CLI_ROLLOUT_SITE_H
#define CLI_ROLLOUT_SITE_H

#include "app.h"
#include "deploy_release.h"
#include "registry_option.h"
#include "rollout/delivery.h"
#include "session.h"

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

/* In the caller's storage, zeroed but for the args; it must not move. Reads the words, finds the boards, opens the session. */
WARN_UNUSED int rollout_site_open(struct app *app, struct rollout_site *site, struct err *err);
/* Reads the release, once for all boards, and looks whether it is whole. Nothing has been touched then. */
WARN_UNUSED int rollout_site_read(struct rollout_site *site, struct err *err);
/* Takes the fleet for this rollout; what an unfinished one has done counts. */
WARN_UNUSED int rollout_site_take(struct rollout_site *site, struct err *err);
/* The same for one who only looks. */
WARN_UNUSED int rollout_site_peek(struct rollout_site *site, struct err *err);
void rollout_site_release(struct rollout_site *site);
/* As the user calls it; the caller frees. */
char *rollout_site_fleet(const struct rollout_site *site);

#endif
