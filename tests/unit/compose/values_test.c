/* Single values as docker compose takes them, where the peers' tables leave off. */
#include "base/alloc.h"
#include "model.h"

static char *printed(struct loading *loading, const char *text)
{
	struct str out = STR_INIT;

	load_text(loading, text);
	compose_print(loading->compose, COMPOSE_YAML, &out);
	return str_detach(&out);
}

/* Numbers become text as Go's %v prints them. */
static void numbers_as_text(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	static const char *const rows[][2] = {
		{ "1e5", "100000" },
		{ "1e6", "1e+06" },
		{ "1234567.5", "1.2345675e+06" },
		{ "123456.5", "123456.5" },
		{ "0.00001", "1e-05" },
		{ ".inf", "+Inf" },
		{ "-.Inf", "-Inf" },
		{ ".NaN", "NaN" },
		{ "18446744073709551615", "18446744073709551615" },
		{ "18446744073709551616", "1.8446744073709552e+19" },
		{ "0xFFFFFFFFFFFFFFFF", "18446744073709551615" },
		{ "0x10000000000000000", "0x10000000000000000" },
	};
	static const char *const places[] = { "environment", "labels", "sysctls" };

	for (size_t i = 0; i < ARRAY_SIZE(rows) * ARRAY_SIZE(places); i++) {
		const char *const *row = rows[i % ARRAY_SIZE(rows)];
		AUTO(freep)
		char *file = xasprintf("services: {a: {image: i, %s: {K: %s}}}\n",
				       places[i / ARRAY_SIZE(rows)], row[0]);
		AUTO(freep) char *want = xasprintf("K: \"%s\"\n", row[1]);
		AUTO(freep) char *plain = xasprintf("K: %s\n", row[1]);
		AUTO(freep) char *text = printed(&loading, file);

		assert_row(strstr(text, want) || strstr(text, plain), file);
	}
}

static void accepted(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	static const char *const rows[][2] = {
		{ "volumes: ['~x:/x']", "source: /home/u/x\n" },
		{ "volumes: ['~/y/../x:/x']", "source: /home/u/x\n" },
		{ "volumes: ['~:/x']", "source: /home/u\n" },
		{ "ports: ['80/']", "protocol: tcp\n" },
		{ "devices: ['/dev/x:']", "target: /dev/x\n" },
		{ "deploy: {labels: {a: b}}\n    scale: 3", "      replicas: 3\n" },
		{ "command: \"echo `date '+%s'`\"", "- \"`date +%s`\"\n" },
		{ "command: echo `a \"b c\" d`", "- \"`a b c d`\"\n" },
		{ "command: \"'a `' b\"", "- a `\n" },
	};

	strmap_set(&loading.env, "HOME", "/home/u");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep)
		char *file = xasprintf("services:\n  a:\n    image: i\n    %s\n", rows[i][0]);
		AUTO(freep) char *text = printed(&loading, file);

		assert_row(strstr(text, rows[i][1]), rows[i][0]);
	}
}

static void refused(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	static const char *const rows[][2] = {
		{ "ports: [{published: 80}]", "ports[0]: a port needs a 'target'" },
		{ "volumes: [{type: volume}]", "volumes[0]: a mount needs a 'target'" },
		{ "devices: [{source: /dev/x}]", "devices[0]: a device needs a 'target'" },
		{ "secrets: [{target: x}]", "secrets[0]: a 'source' is missing" },
		{ "configs: ['']", "configs[0]: a 'source' is missing" },
		{ "build: {secrets: [{target: x}]}", "build.secrets[0]: a 'source' is missing" },
		{ "labels: {'': x}", "labels: a name must not be empty" },
		{ "stop_grace_period: 1h0", "has no unit" },
		{ "command: a `b", "a quote ` is not closed" },
		{ "expose: [1.5]", "expose[0]: a port is a whole number" },
		{ "healthcheck: {test: x, retries: -1}", "retries: must not be below 0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep)
		char *file = xasprintf("services:\n  a:\n    image: i\n    %s\n", rows[i][0]);

		assert_row(strstr(refuse_text(&loading, file), rows[i][1]), rows[i][0]);
	}
}

/* No directory's name in place of one that was said. */
static void name_of_nothing(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { .options.project_name = "" };
	static const char *const rows[][2] = {
		{ "name: äö\n", "can be in a name" },
		{ "name: ...\n", "can be in a name" },
		{ "name: '${UNSET}'\n", "is empty: its variables have no values" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *file = xasprintf("%sservices: {a: {image: i}}\n", rows[i][0]);

		assert_row(strstr(refuse_text(&loading, file), rows[i][1]), rows[i][0]);
	}
	load_text(&loading, "name: ''\nservices: {a: {image: i}}\n");
	loading.options.no_interpolate = true;
	load_text(&loading, "name: '${UNSET}'\nservices: {a: {image: i}}\n");
}

static void as_written(void **state)
{
	(void)state;
	AUTO(loading_release)
	struct loading loading = {
		.options = { .project_name = "", .no_interpolate = true, .no_normalize = true }
	};
	AUTO(freep)
	char *text = printed(&loading, "name: '${N}'\nservices:\n  a: {image: i, "
				       "ports: ['80:80', '${P}:81']}\n");
	AUTO(freep) char *unnamed = printed(&loading, "services: {a: {image: i}}\n");

	assert_string_equal(text, "name: ${N}\nservices:\n  a:\n    image: i\n    ports:\n"
				  "      - \"80:80\"\n      - ${P}:81\n");
	assert_string_equal(unnamed, "services:\n  a:\n    image: i\n");
}

static void included_may_be_empty(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };

	write_text("empty.yaml", "# nothing yet\n");
	load_text(&loading, "include: [empty.yaml]\nservices: {a: {image: i}}\n");
	assert_non_null(strstr(refuse_text(&loading, "# nothing\n"), "there is nothing in it"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(numbers_as_text), scratch_test(accepted),
		scratch_test(refused),         scratch_test(name_of_nothing),
		scratch_test(as_written),      scratch_test(included_may_be_empty),
	};

	return cmocka_run_group_tests_name("compose_values", tests, NULL, NULL);
}
