/* Problems in compose files: all of them at once, each at its place, with what would be right. */
#include "model.h"

static void all_in_one_run(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };

	assert_string_equal(
		refuse_text(&loading, "services:\n"
				      "  web:\n"
				      "    imagee: nginx\n"
				      "    restart: 5\n"
				      "    privileged: ${P}\n"
				      "    depends_on:\n"
				      "      db: {condition: healthy}\n"),
		"compose.yaml:3:5: error: services.web: there is no attribute 'imagee' here\n"
		"  3 |     imagee: nginx\n"
		"    |     ^~~~~~ did you mean 'image'?\n"
		"compose.yaml:4:14: error: services.web.restart: must be a string, and not an "
		"integer\n"
		"  4 |     restart: 5\n"
		"    |              ^\n"
		"compose.yaml:5:17: error: services.web.privileged: '' is neither true nor false\n"
		"  5 |     privileged: ${P}\n"
		"    |                 ^~~~\n"
		"compose.yaml:7:23: error: services.web.depends_on.db.condition: 'healthy' is not "
		"one of its values\n"
		"  7 |       db: {condition: healthy}\n"
		"    |                       ^~~~~~~ allowed: service_started, service_healthy or "
		"service_completed_successfully");
}

static void names_the_nearest(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	static const char *const rows[][2] = {
		{ "services: {a: {image: i, volumes: ['dta:/d']}}\nvolumes: {data: {}}\n",
		  "did you mean 'data'?" },
		{ "services: {a: {image: i, depends_on: [dv]}, db: {image: d}}\n",
		  "did you mean 'db'?" },
		{ "services: {a: {extends: bse}, base: {image: d}}\n", "did you mean 'base'?" },
		{ "services: {a: {image: i, networks: {fornt: }}}\nnetworks: {front: {}}\n",
		  "did you mean 'front'?" },
		{ "services: {a: {image: i, logging: {diver: x}}}\n", "did you mean 'driver'?" },
		{ "servcies: {}\n", "did you mean 'services'?" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(strstr(refuse_text(&loading, rows[i][0]), rows[i][1]), rows[i][0]);
}

/* Short and long, they are no networks, whatever is under 'networks'. */
static void networks_are_no_extensions(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	static const char *const rows[] = {
		"services: {a: {image: i, networks: [x-net]}}\nnetworks: {x-net: {}}\n",
		"services: {a: {image: i, networks: {x-net: {aliases: [b]}}}}\n",
		"services: {a: {image: i, networks: {x-net: , one: }}}\nnetworks: {one: {}}\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(strstr(refuse_text(&loading, rows[i]),
				  "'x-net' under 'networks' is an extension"),
			   rows[i]);
}

/* The chain of files is said, innermost first. */
static void through_includes(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	const char *message = NULL;

	assert_int_equal(mkdir("one", 0755), 0);
	write_text("one/compose.yaml", "# first line\ninclude: [two.yaml]\n");
	write_text("one/two.yaml", "services:\n  x:\n    foo: 1\n");
	message = refuse_text(&loading, "include:\n  - path: one/compose.yaml\n");
	assert_non_null(strstr(
		message, "one/two.yaml:3:5: error: services.x: there is no attribute 'foo' here"));
	assert_non_null(strstr(message, "this file is read from one/compose.yaml:2"));
	assert_non_null(strstr(message, "and that from compose.yaml:2"));
}

/* What is wrong with the result is shown where it was written: in the file that is extended. */
static void through_extends(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	const char *message = NULL;

	write_text("base.yaml", "services:\n  b:\n    restart: [x]\n");
	message = refuse_text(
		&loading,
		"services:\n  a:\n    image: i\n    extends: {service: b, file: base.yaml}\n");
	assert_non_null(
		strstr(message, "base.yaml:3:14: error: services.a.restart: must be a string"));
	assert_non_null(strstr(message, "this file is read from compose.yaml:4"));
}

static void cycles(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	const char *message = NULL;

	message = refuse_text(&loading,
			      "services: {a: {extends: b}, b: {extends: c}, c: {extends: a}}\n");
	assert_non_null(strstr(message, "a cycle: 'a' in compose.yaml extends 'b' in compose.yaml "
					"extends 'c' in compose.yaml extends 'a' in compose.yaml"));
	message = refuse_text(&loading, "include: [compose.yaml]\nservices: {a: {image: i}}\n");
	assert_non_null(strstr(message, "a cycle: compose.yaml, included by compose.yaml"));
	message = refuse_text(&loading, "services:\n  a: {image: i, depends_on: [b]}\n"
					"  b: {image: i, depends_on: [c]}\n"
					"  c: {image: i, depends_on: [b]}\n");
	assert_non_null(strstr(message, "circle: b -> c -> b"));
}

static void not_yaml(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	static const char *const rows[][2] = {
		{ "services:\n  a:\n    image: \"x\n", "compose.yaml:4:1: error: not YAML" },
		{ "a: [1\nb: 2\n", "not YAML" },
		{ "a: 1\n\tb: 2\n", "not YAML" },
		{ "a: *b\n", "compose.yaml:1:4: error: no anchor '&b' before this alias" },
		{ "a: 1\na: 2\n",
		  "compose.yaml:2:1: error: the key 'a' is already in this mapping, in line 1" },
		{ "services:\n  1: {image: x}\n",
		  "compose.yaml:2:3: error: the key '1' is an integer, and not a string" },
		{ "? [a]\n: b\n", "a key must be a string, not a list" },
		{ "a: \"\\0\"\n", "must not hold the character NUL" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(strstr(refuse_text(&loading, rows[i][0]), rows[i][1]), rows[i][0]);
}

static void warnings(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	const char *text = NULL;

	load_text(&loading, "version: '3'\n"
			    "services:\n"
			    "  a:\n"
			    "    image: i:${TAG}\n"
			    "    privileged: yes\n"
			    "    command: a; b\n");
	text = compose_warnings(loading.compose);
	assert_non_null(strstr(text, "compose.yaml:1:1: warning: 'version' is obsolete"));
	assert_non_null(strstr(
		text,
		"compose.yaml:4:12: warning: services.a.image: the variable 'TAG' is not set"));
	assert_non_null(strstr(
		text, "compose.yaml:5:17: warning: services.a.privileged: 'yes' is no boolean"));
	assert_non_null(
		strstr(text, "compose.yaml:6:14: warning: services.a.command: no shell runs this"));
	load_text(&loading, "services: {a: {image: i}}\n");
	assert_string_equal(compose_warnings(loading.compose), "");
}

static void no_file(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };

	strvec_add(&loading.options.files, "none.yaml");
	assert_int_equal(loading_run(&loading), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err_.message, "none.yaml"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(all_in_one_run),
		scratch_test(names_the_nearest),
		scratch_test(networks_are_no_extensions),
		scratch_test(through_includes),
		scratch_test(through_extends),
		scratch_test(cycles),
		scratch_test(not_yaml),
		scratch_test(warnings),
		scratch_test(no_file),
	};

	return cmocka_run_group_tests_name("compose_errors", tests, NULL, NULL);
}
