#include "registries.h"

#include "unit.h"

static struct registries registries;

static int forget(void **state)
{
	(void)state;
	registries_release(&registries);
	return 0;
}

static void parse(const char *text)
{
	assert_ok(registries_parse("etc/config.yaml", span_of(text), &registries, &err_));
}

static const struct registry_rule *find(const char *name)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	assert_ok(image_ref_parse(name, &ref, &err_));
	return registries_find(&registries, &ref);
}

static void reads_places(void **state)
{
	(void)state;
	const struct registry_rule *rule;

	parse("registries:\n"
	      "  docker.io:\n"
	      "    mirrors:\n"
	      "      - mirror.lan:5000/hub\n"
	      "      - location: '[::1]:5001'\n"
	      "        insecure: true\n"
	      "        digests-only: true\n"
	      "        ca: /ca.crt\n"
	      "  lab.lan:\n"
	      "    location: 10.0.0.7:5000/lab/images\n"
	      "    ca: lab.crt\n");
	rule = find("debian");
	assert_non_null(rule);
	assert_string_equal(rule->origin.host, "docker.io");
	assert_string_equal(rule->origin.path, "");
	assert_int_equal(rule->mirrors.len, 2);
	assert_string_equal(rule->mirrors.items[0].host, "mirror.lan:5000");
	assert_string_equal(rule->mirrors.items[0].path, "hub/");
	assert_false(rule->mirrors.items[0].insecure);
	assert_string_equal(rule->mirrors.items[1].host, "[::1]:5001");
	assert_true(rule->mirrors.items[1].insecure && rule->mirrors.items[1].digests_only);
	rule = find("lab.lan/app");
	assert_string_equal(rule->origin.host, "10.0.0.7:5000");
	assert_string_equal(rule->origin.path, "lab/images/");
	assert_string_equal(registries_place(&registries, "10.0.0.7:5000")->ca, "etc/lab.crt");
	assert_string_equal(registries_place(&registries, "[::1]:5001")->ca, "/ca.crt");
	assert_null(registries_place(&registries, "lab.lan"));
	assert_null(find("other.lan/app"));
}

static void the_longest_path_wins(void **state)
{
	(void)state;
	static const struct {
		const char *name, *host; /* NULL = no rule */
	} cases[] = {
		{ "r.lan/team/app", "two" },      { "r.lan/team/sub/app", "three" },
		{ "r.lan/teams/app", "one" },     { "r.lan/team", "two" },
		{ "r.lan/other", "one" },         { "s.lan/team/app", NULL },
		{ "r.lan/team/subs/app", "two" },
	};

	parse("registries:\n"
	      "  r.lan: {location: 'one:1'}\n"
	      "  r.lan/team: {location: 'two:1'}\n"
	      "  r.lan/team/sub: {location: 'three:1'}\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct registry_rule *rule = find(cases[i].name);

		assert_row(cases[i].host ? rule && str_has_prefix(rule->origin.host, cases[i].host)
					 : !rule,
			   cases[i].name);
	}
}

static void an_empty_file_is_fine(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "# nothing\n", "registries:\n", "registries: {}\n",
					     "jobs: 4\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		parse(texts[i]);
		assert_row(!find("debian"), texts[i]);
		registries_release(&registries);
	}
}

static void tells_what_is_wrong_and_where(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "registries: []", "'registries' must be a map" },
		{ "registries:\n  a.lan: x",
		  "config.yaml:2:10: error: registry 'a.lan' must be a map" },
		{ "registries:\n  a.lan: {mirror: x}", "did you mean 'mirrors'?" },
		{ "registries:\n  a.lan: {insecure: yess}", "'insecure' must be true or false" },
		{ "registries:\n  a.lan: {mirrors: b.lan}", "'mirrors' must be a list" },
		{ "registries:\n  a.lan: {mirrors: [{insecure: true}]}", "needs a 'location'" },
		{ "registries:\n  a.lan: {mirrors: [{location: b.lan, mirrors: []}]}",
		  "unknown key 'mirrors'" },
		{ "registries:\n  a.lan: {location: 'https://b.lan'}",
		  "'https://b.lan' is no registry" },
		{ "registries:\n  a.lan: {location: 'b.lan/x:tag'}", "is no registry" },
		{ "registries:\n  a.lan: {location: 'b.lan/../x'}", "is no registry" },
		{ "registries:\n  a.lan: {location: 'b.lan/x@y'}", "is no registry" },
		{ "registries:\n  a.lan: {ca: [x]}", "'ca' must be the name of a file" },
		{ "registries:\n  library: {}", "'library' is no registry" },
		{ "registries: {", "config.yaml:" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(
			registries_parse("config.yaml", span_of(cases[i].text), &registries, &err),
			-1);
		if (err.kind != ERR_INPUT || !strstr(err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].text, err.message);
		err_release(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(reads_places, forget),
		cmocka_unit_test_teardown(the_longest_path_wins, forget),
		cmocka_unit_test_teardown(an_empty_file_is_fine, forget),
		cmocka_unit_test_teardown(tells_what_is_wrong_and_where, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
