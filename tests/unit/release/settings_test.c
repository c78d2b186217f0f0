#include "settings.h"

#include "../base/unit.h"
#include "base/diag.h"
#include "base/str.h"

static const struct yaml *parse(struct arena *arena, const char *text)
{
	struct yaml_documents documents = { .items = NULL };
	struct diags file;

	diags_init(&file, "test.yaml", span_of(text));
	assert_ok(yaml_parse(arena, &file, &documents));
	diags_release(&file);
	return documents.len > 0 ? documents.items[0] : NULL;
}

static void add_text(const struct setting_changes *changes, struct str *out)
{
	VEC_FOREACH(change, changes)
		str_addf(out, "%s=%s>%s;", change->key, change->before ? change->before : "",
			 change->after ? change->after : "");
}

static void compared(void **state)
{
	static const struct {
		const char *before, *after, *expected;
	} rows[] = {
		{ "{a: 1}", "{a: 1}", "" },
		{ "{a: 1}", "{a: 2}", "a=1>2;" },
		{ "{a: 1}", "{}", "a=1>;" },
		{ "{}", "{a: 1}", "a=>1;" },
		{ "{image: x, a: 1}", "{image: y, a: 1}", "" },
		{ "{environment: {A: b, C: d}}", "{environment: {A: b, C: e}}",
		  "environment.C=d>e;" },
		{ "{environment: {A: b}}", "{}", "environment.A=b>;" },
		{ "{}", "{labels: {x: y}}", "labels.x=>y;" },
		{ "{environment: [A=b]}", "{environment: {A: b}}", "environment=[A=b]>{A: b};" },
		{ "{ports: [1, 2]}", "{ports: [1]}", "ports=[1, 2]>[1];" },
		{ "{deploy: {limits: {cpus: 1}}}", "{deploy: {limits: {cpus: 2}}}",
		  "deploy={limits: {cpus: 1}}>{limits: {cpus: 2}};" },
		{ "{networks: {a: {driver: x}}}", "{networks: {a: {driver: y}}}",
		  "networks.a={driver: x}>{driver: y};" },
		{ "{a: 1, b: 2}", "{b: 2, a: 1}", "" },
		{ "{a: null}", "{a: ''}", "a=>;" },
	};
	static const char *const except[] = { "image", NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new();
		AUTO(str_release) struct str text = STR_INIT;
		struct setting_changes changes = { .items = NULL };

		settings_compare(parse(arena, rows[i].before), parse(arena, rows[i].after), "",
				 except, &changes);
		add_text(&changes, &text);
		if (strcmp(text.ptr, rows[i].expected) != 0)
			fail_msg("%s -> %s: %s, not %s", rows[i].before, rows[i].after, text.ptr,
				 rows[i].expected);
		setting_changes_release(&changes);
	}
}

/* Nothing before, or after: all of it is new, or gone. */
static void one_is_missing(void **state)
{
	static const char *const none[] = { NULL };
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(str_release) struct str text = STR_INIT;
	struct setting_changes changes = { .items = NULL };
	const struct yaml *map = parse(arena, "{a: 1, environment: {B: c}}");

	(void)state;
	settings_compare(NULL, map, "x.", none, &changes);
	settings_compare(map, NULL, "y.", none, &changes);
	add_text(&changes, &text);
	assert_string_equal(text.ptr, "x.a=>1;x.environment.B=>c;y.a=1>;y.environment.B=c>;");
	setting_changes_release(&changes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compared),
		cmocka_unit_test(one_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
