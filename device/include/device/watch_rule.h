/*
 * A rule of a service's `develop.watch` section, ready to be asked about changed files (compose-spec, develop.md):
 *
 *	watch_rule_new(&service->watch.items[i], service->build ? &ignored : NULL, &rule, err);
 *	if (watch_rule_match(rule, "/home/me/app/src/main.c", &in_container)) ...
 *
 * A file matches when it is the rule's path or below it, when the `include` patterns name it or there are none, and when
 * nothing ignores it: not the rule's own `ignore` patterns, not the ignore file of the service's build context, and not
 * what editors and git leave about. Each list stands for itself: a `!` in one does not bring back what another ignores.
 * Patterns are those of ignore files, anchored at the rule's path; one that begins with a slash is a path of this machine.
 * Files are not looked at: the answer follows from the names.
 */
#ifndef DEVICE_WATCH_RULE_H
#define DEVICE_WATCH_RULE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "compose/project.h"

struct watch_rule;

/* What the build of the service leaves out of its context. */
struct watch_build {
	const char *context;          /* absolute, clean */
	struct span ignore_file;      /* its text; empty = there is none */
	const char *ignore_file_name; /* for messages */
};

/*
 * `build` is NULL for a service that is not built: then nothing but the rule's own list ignores. Nothing is borrowed
 * afterwards. ERR_INPUT for a malformed pattern.
 */
WARN_UNUSED int watch_rule_new(const struct compose_watch *watch, const struct watch_build *build,
			       struct watch_rule **ret, struct err *err);
void watch_rule_free(struct watch_rule *rule);

static inline void watch_rule_freep(struct watch_rule **rule)
{
	watch_rule_free(*rule);
}

/*
 * `path` is absolute and clean. When it matches, *ret_container_path is where it goes, NULL for a rule without a target (one
 * that rebuilds or restarts); the caller frees.
 */
bool watch_rule_match(const struct watch_rule *rule, const char *path, char **ret_container_path);

#endif
