#include "device/watch_rule.h"

#include <string.h>

#include "base/alloc.h"
#include "base/path.h"
#include "context/ignore.h"

struct watch_rule {
	char *path, *target; /* target NULL = none */
	struct ignore *include;
	struct ignore *ignore;
	char *context; /* NULL = not built */
	struct ignore *ignore_file;
	struct ignore *leftovers;
};

/* What comes and goes while one edits, and is never meant for a container. */
static const char *const leftovers[] = {
	"**/.git",        "**/.idea", "**/*___jb_*___", /* JetBrains */
	"**/.*.sw?",      "**/4913",  "**/*~",          /* vim */
	"**/.#*",         "**/#*#",                     /* Emacs */
	"**/.*.kate-swp",
};

/* What is below `dir` as seen from it; NULL when `path` is not. */
static const char *below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (!path_is_within(path, dir))
		return NULL;
	if (!path[len])
		return ".";
	return path + len + (path[len] == '/');
}

/* A pattern that names a path of this machine counts from the rule's path, or not at all when it is elsewhere. */
static void add_pattern(const struct watch_rule *rule, const char *pattern, struct strvec *ret)
{
	const char *sign = *pattern == '!' ? "!" : "";
	const char *text = pattern + strlen(sign);

	if (path_is_absolute(text)) {
		AUTO(freep) char *clean = path_clean(text);
		const char *inside = below(clean, rule->path);

		if (inside)
			strvec_addf(ret, "%s%s", sign, inside);
		return;
	}
	strvec_add(ret, pattern);
}

static int read_patterns(const struct watch_rule *rule, const struct strvec *list,
			 struct ignore **ret, struct err *err)
{
	AUTO(strvec_release) struct strvec patterns = STRVEC_INIT;

	for (size_t i = 0; i < list->len; i++)
		add_pattern(rule, list->items[i], &patterns);
	return ignore_new(&patterns, ret, err);
}

static int read_build(struct watch_rule *rule, const struct watch_build *build, struct err *err)
{
	AUTO(strvec_release) struct strvec patterns = STRVEC_INIT;

	rule->context = xstrdup(build->context);
	for (size_t i = 0; i < ARRAY_SIZE(leftovers); i++)
		strvec_add(&patterns, leftovers[i]);
	if (ignore_new(&patterns, &rule->leftovers, err) < 0)
		return -1;
	return ignore_parse(build->ignore_file, build->ignore_file_name, &rule->ignore_file, err);
}

int watch_rule_new(const struct compose_watch *watch, const struct watch_build *build,
		   struct watch_rule **ret, struct err *err)
{
	AUTO(watch_rule_freep) struct watch_rule *rule = xcalloc(1, sizeof(*rule));

	rule->path = path_clean(watch->path);
	if (watch->target && *watch->target)
		rule->target = xstrdup(watch->target);
	if (read_patterns(rule, &watch->ignore, &rule->ignore, err) < 0 ||
	    (watch->include.len > 0 &&
	     read_patterns(rule, &watch->include, &rule->include, err) < 0) ||
	    (build && read_build(rule, build, err) < 0))
		return err_wrap(err, "watch '%s'", watch->path);
	*ret = TAKE(rule);
	return 0;
}

void watch_rule_free(struct watch_rule *rule)
{
	if (!rule)
		return;
	free(rule->path);
	free(rule->target);
	free(rule->context);
	ignore_free(rule->include);
	ignore_free(rule->ignore);
	ignore_free(rule->ignore_file);
	ignore_free(rule->leftovers);
	free(rule);
}

static bool is_ignored(const struct watch_rule *rule, const char *path, const char *inside)
{
	const char *in_context = rule->context ? below(path, rule->context) : NULL;

	return ignore_match(rule->ignore, inside) || ignore_match(rule->leftovers, inside) ||
	       (in_context && ignore_match(rule->ignore_file, in_context));
}

bool watch_rule_match(const struct watch_rule *rule, const char *path, char **ret_container_path)
{
	const char *inside = below(path, rule->path);

	*ret_container_path = NULL;
	if (!inside || (rule->include && !ignore_match(rule->include, inside)) ||
	    is_ignored(rule, path, inside))
		return false;
	if (rule->target)
		*ret_container_path = path_resolve(rule->target, inside);
	return true;
}
