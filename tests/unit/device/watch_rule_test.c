/* What the peers' table leaves out, and where we differ from it on purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "device/watch_rule.h"

static const struct watch_build built = { .context = "/p", .ignore_file_name = ".dockerignore" };

static const struct {
	const char *path, *target, *include, *ignore;
	const struct watch_build *build;
	const char *event;
	bool matches;
	const char *in_container;
} rows[] = {
	/* below it by name, not by letters */
	{ "/p/src", "/app", NULL, NULL, NULL, "/p/src2/a", false, NULL },
	{ "/p/src", "/app", NULL, NULL, NULL, "/p/src", true, "/app" },
	{ "/", "/app", NULL, NULL, NULL, "/etc/x", true, "/app/etc/x" },
	/* a rule for one file */
	{ "/p/app.conf", "/etc/app.conf", NULL, NULL, &built, "/p/app.conf", true,
	  "/etc/app.conf" },
	/* one that rebuilds needs no target */
	{ "/p", NULL, NULL, NULL, &built, "/p/a", true, NULL },
	/* what editors and git leave about */
	{ "/p", "/app", NULL, NULL, &built, "/p/.git/HEAD", false, NULL },
	{ "/p", "/app", NULL, NULL, &built, "/p/sub/.git/config", false, NULL },
	{ "/p", "/app", NULL, NULL, &built, "/p/.gitignore", true, "/app/.gitignore" },
	{ "/p", "/app", NULL, NULL, &built, "/p/src/.main.c.swp", false, NULL },
	{ "/p", "/app", NULL, NULL, &built, "/p/main.c~", false, NULL },
	{ "/p", "/app", NULL, NULL, &built, "/p/#main.c#", false, NULL },
	{ "/p", "/app", NULL, NULL, &built, "/p/4913", false, NULL },
	{ "/p", "/app", NULL, NULL, &built, "/p/49130", true, "/app/49130" },
	/* a plain * ignores, also with an exception behind it */
	{ "/p", "/app", NULL, "*\n!keep", NULL, "/p/a", false, NULL },
	{ "/p", "/app", NULL, "*\n!keep", NULL, "/p/keep/x", true, "/app/keep/x" },
	/* an absolute pattern elsewhere does nothing */
	{ "/p/src", "/app", NULL, "/q/a", NULL, "/p/src/a", true, "/app/a" },
};

static void split(const char *text, struct strvec *ret)
{
	struct span rest = span_of(text ? text : ""), line = { 0 };

	while (rest.len) {
		span_cut(&rest, '\n', &line);
		strvec_addn(ret, line.ptr, line.len);
	}
}

static void rules_match_what_they_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct compose_watch watch = { .path = rows[i].path, .target = rows[i].target };
		struct watch_rule *rule = NULL;
		char *have = NULL;

		split(rows[i].include, &watch.include);
		split(rows[i].ignore, &watch.ignore);
		assert_int_equal(watch_rule_new(&watch, rows[i].build, &rule, NULL), 0);
		if (watch_rule_match(rule, rows[i].event, &have) != rows[i].matches ||
		    !str_eq(have, rows[i].in_container))
			fail_msg("row %zu, '%s': %s", i, rows[i].event, have ? have : "-");
		free(have);
		watch_rule_free(rule);
		strvec_release(&watch.include);
		strvec_release(&watch.ignore);
	}
}

static void a_malformed_pattern_names_its_rule(void **state)
{
	struct compose_watch watch = { .path = "/p", .target = "/app" };
	struct watch_rule *rule = NULL;
	struct err err = ERR_INIT;

	(void)state;
	strvec_add(&watch.ignore, "[a");
	assert_int_equal(watch_rule_new(&watch, NULL, &rule, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.message, "watch '/p'"));
	assert_null(rule);
	err_release(&err);
	strvec_release(&watch.ignore);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_match_what_they_name),
		cmocka_unit_test(a_malformed_pattern_names_its_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
