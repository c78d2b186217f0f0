/* develop.watch: which changed file a rule is about, and where in the container it goes. */
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/path.h"
#include "device/watch_rule.h"
#include "suite.h"

#define PROJECT "/project"

/* "@DIR@" stands for the project's directory. */
static char *in_project(const char *text)
{
	return str_has_prefix(text, "@DIR@") ? xasprintf(PROJECT "%s", text + strlen("@DIR@"))
					     : xstrdup(text);
}

static void read_patterns(const json_t *list, struct strvec *ret)
{
	size_t i = 0;
	json_t *item = NULL;

	json_array_foreach(list, i, item) strvec_take(ret, in_project(json_string_value(item)));
}

static void check_event(struct suite *suite, const char *id, const struct watch_rule *rule,
			const json_t *event)
{
	AUTO(freep) char *path = path_resolve(PROJECT, json_get_string(event, "path"));
	AUTO(freep) char *have = NULL;
	const char *want = json_get_string(event, "container_path");
	bool matches = watch_rule_match(rule, path, &have);

	suite_case(suite,
		   matches == json_is_true(json_object_get(event, "match")) && str_eq(have, want),
		   id, "'%s': %s, %s", path, matches ? "matches" : "does not match",
		   have ? have : "no target");
}

static struct watch_rule *make_rule(const json_t *row)
{
	AUTO(freep) char *path = path_resolve(PROJECT, json_get_string(row, "path"));
	AUTO(freep) char *context = path_resolve(PROJECT, json_get_string(row, "context"));
	AUTO(err_release) struct err err = ERR_INIT;
	const char *ignored = json_get_string(row, "dockerignore");
	struct compose_watch watch = { .path = path, .target = json_get_string(row, "target") };
	struct watch_build build = {
		.context = context,
		.ignore_file = span_of(ignored ? ignored : ""),
		.ignore_file_name = json_get_string(row, "dockerignore_file"),
	};
	struct watch_rule *rule = NULL;

	read_patterns(json_object_get(row, "include"), &watch.include);
	read_patterns(json_object_get(row, "ignore"), &watch.ignore);
	if (watch_rule_new(&watch, json_is_true(json_object_get(row, "build")) ? &build : NULL,
			   &rule, &err) < 0)
		rule = NULL;
	strvec_release(&watch.include);
	strvec_release(&watch.ignore);
	return rule;
}

static void check_row(struct suite *suite, const json_t *row)
{
	const char *id = json_get_string(row, "id");
	AUTO(watch_rule_freep) struct watch_rule *rule = make_rule(row);
	size_t i = 0;
	json_t *event = NULL;

	suite_case(suite, rule != NULL, id, "refused");
	json_array_foreach(json_object_get(row, "events"), i, event) if (rule)
		check_event(suite, id, rule, event);
}

int main(void)
{
	struct suite suite = { .name = "watch_rules" };
	json_t *table = suite_load("compose/tables/watch_rules.json");
	size_t i = 0;
	json_t *row = NULL;

	/* Accidents of the reference are done better: docs/compose.md names them. */
	json_array_foreach(json_object_get(table, "rows"), i,
			   row) if (str_eq(json_get_string(row, "level"), "must"))
		check_row(&suite, row);
	json_decref(table);
	return suite_end(&suite);
}
