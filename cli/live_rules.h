/*
 * The rules of a service's `develop.watch` at work (compose-spec, develop.md): what saved files are to lead to, until it has
 * been done.
 */
#ifndef CLI_LIVE_RULES_H
#define CLI_LIVE_RULES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/map.h"
#include "builder/inputs.h"
#include "compose/project.h"
#include "device/file_sync.h"
#include "device/watch_rule.h"
#include "device/watcher.h"

struct live_rule {
	const struct compose_watch *model; /* borrowed from the compose model */
	struct watch_rule *match;
	bool exec_due;
};

struct live_rules {
	struct live_rule *items; /* none = the service has no rules */
	size_t len, cap;
	/* What is due: */
	struct strmap files; /* from here to there, in the container */
	bool restart, rebuild;
};

#define LIVE_RULES_INIT               \
	{                             \
		.files = STRMAP_INIT, \
	}

/* `inputs` of the service's build; NULL when it is not built. Release it in any case. */
WARN_UNUSED int live_rules_open(const struct compose_service *service,
				const struct build_inputs *inputs, struct live_rules *ret,
				struct err *err);
void live_rules_release(struct live_rules *rules);
WARN_UNUSED int live_rules_watch(const struct live_rules *rules, struct watcher *watcher,
				 struct err *err);
/* A path that has changed. */
void live_rules_take(struct live_rules *rules, const char *path);
/* All files: of the rules with initial_sync, or (`all`) of every rule that syncs. */
WARN_UNUSED int live_rules_take_trees(struct live_rules *rules, bool all, struct err *err);
bool live_rules_are_due(const struct live_rules *rules);

struct live_rules_report {
	struct file_sync_report files;
	bool restarted;
	unsigned commands;
};

/* Does what is due, but for rebuilding. What has been done is due no more. */
WARN_UNUSED int live_rules_apply(struct live_rules *rules, struct engine *engine,
				 const char *container, int stop_seconds,
				 struct live_rules_report *ret, struct err *err);

#endif
