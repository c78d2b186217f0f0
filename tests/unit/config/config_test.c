#include "world.h"

static struct config_value get(const char *name)
{
	const struct config_key *key = config_key_find(config_keys, name);
	struct config_value value;

	assert_non_null(key);
	assert_ok(config_get(config, key, &value, &err_));
	return value;
}

static void nothing_is_fine(void **state)
{
	(void)state;
	static const char *const texts[] = { NULL, "", "# nothing\n", "{}\n", "fleets:\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		load(texts[i], texts[i] && i < 4 ? texts[i] : NULL);
		assert_int_equal(get("board").words.len, 0);
		assert_int_equal(get("board").origin, CONFIG_FROM_DEFAULT);
	}
}

static void the_nearest_source_counts(void **state)
{
	(void)state;
	struct config_value value;

	load(NULL, "registry: user.lan\n");
	value = get("registry");
	assert_string_equal(value.words.items[0], "user.lan");
	assert_int_equal(value.origin, CONFIG_FROM_USER);
	assert_true(str_has_suffix(value.place, "/home/config.yaml:1"));

	load("\nregistry: project.lan\n", "registry: user.lan\n");
	value = get("registry");
	assert_string_equal(value.words.items[0], "project.lan");
	assert_int_equal(value.origin, CONFIG_FROM_PROJECT);
	assert_string_equal(value.place, "edgectl.yaml:2");

	assert_int_equal(setenv("EDGECTL_REGISTRY", "variable.lan", 1), 0);
	value = get("registry");
	assert_string_equal(value.words.items[0], "variable.lan");
	assert_int_equal(value.origin, CONFIG_FROM_VARIABLE);
	assert_string_equal(value.place, "EDGECTL_REGISTRY");

	assert_int_equal(setenv("EDGECTL_REGISTRY", "", 1), 0);
	assert_int_equal(get("registry").origin, CONFIG_FROM_PROJECT);
}

static void a_project_is_found_from_below(void **state)
{
	(void)state;
	load("registry: above.lan\n", NULL);
	assert_int_equal(mkdir("a", 0755), 0);
	assert_int_equal(mkdir("a/b", 0755), 0);
	assert_int_equal(chdir("a/b"), 0);
	load(NULL, NULL);
	assert_string_equal(get("registry").place, "../../edgectl.yaml:1");
	assert_true(str_has_suffix(config_project_dir(config), "/project"));
	assert_int_equal(chdir("../.."), 0);
}

static void a_list_may_be_one_word_and_a_variable_has_commas(void **state)
{
	(void)state;
	load("board: raspberrypi4-64\n", NULL);
	assert_int_equal(get("board").words.len, 1);
	load("board: [raspberrypi4-64, beagleplay]\n", NULL);
	assert_int_equal(get("board").words.len, 2);
	assert_string_equal(get("board").words.items[1], "beagleplay");
	assert_int_equal(setenv("EDGECTL_BOARD", "rpi4,beagleplay,revpi-core-3", 1), 0);
	assert_int_equal(get("board").words.len, 3);
	assert_string_equal(get("board").words.items[0], "rpi4");
}

static void the_nearer_of_rivals_counts(void **state)
{
	(void)state;
	load("platform: linux/arm/v7\n", "board: raspberrypi4-64\n");
	assert_int_equal(get("board").words.len, 0);
	assert_int_equal(get("platform").words.len, 1);
	assert_int_equal(setenv("EDGECTL_BOARD", "beagleplay", 1), 0);
	assert_int_equal(get("board").words.len, 1);
	assert_int_equal(get("platform").words.len, 0);
	/* of one file, both */
	assert_int_equal(unsetenv("EDGECTL_BOARD"), 0);
	load("platform: linux/arm/v7\nboard: beagleplay\n", NULL);
	assert_int_equal(get("board").words.len, 1);
	assert_int_equal(get("platform").words.len, 1);
}

struct wrong {
	const char *text, *message;
};

static void check_messages(const struct wrong *cases, size_t len, bool is_user)
{
	for (size_t i = 0; i < len; i++) {
		const char *message = load_wrong(cases[i].text, is_user);

		if (!strstr(message, cases[i].message))
			fail_msg("'%s' gives\n%s", cases[i].text, message);
	}
}

static void says_what_is_wrong_in_a_project(void **state)
{
	(void)state;
	static const struct wrong cases[] = {
		{ "bord: x\n", "edgectl.yaml:1:1: error: unknown key 'bord'" },
		{ "bord: x\n", "did you mean 'board'?" },
		{ "[]\n", "edgectl.yaml:1:1: error: the configuration must be a map, not a list" },
		{ "board: {a: b}\n", "edgectl.yaml:1:8: error: 'board' must be a board such as" },
		{ "board: raspberypi4-64\n", "did you mean 'raspberrypi4-64'?" },
		{ "platform: [linux/arm/v7, linux/amr64]\n",
		  "edgectl.yaml:1:26: error: 'platform'" },
		{ "registry: 5\n",
		  "'registry' must be a registry, HOST[:PORT][/PATH], not an integer" },
		{ "registry: https://r.lan\n", "'https://r.lan' is no registry" },
		{ "registries: {}\n", "'registries' has no place in this file" },
		{ "fleets: []\n", "'fleets' must be a map" },
		{ "fleets: {a: {chanel: x}}\n", "did you mean 'channel'?" },
		{ "fleets: {a: {channel: 1.10}}\n", "write it between quotes" },
		{ "fleets: {a: {labels: {x: [1]}}}\n", "'x' must be a text, not a list" },
		{ "fleets: {-a: {}}\n", "'-a' is no name" },
		{ "fleets: {a: [x]}\n", "'a' must be a map, not a list" },
		{ "board: beagleplay\nboard: beagleplay\n", "edgectl.yaml:2:1: error:" },
		{ "--- {}\n--- {}\n",
		  "edgectl.yaml:2:5: error: the configuration is one document" },
	};

	check_messages(cases, ARRAY_SIZE(cases), false);
}

static void says_what_is_wrong_in_the_users_file(void **state)
{
	(void)state;
	static const struct wrong cases[] = {
		{ "fleets: {}\n", "'fleets' has no place in this file" },
		{ "registries: {r.lan: {mirrors: [{insecure: true}]}}\n", "needs 'location'" },
		{ "registries: {r.lan: {mirrors: m.lan}}\n", "'mirrors' must be a list" },
		{ "registries: {r.lan: {mirrors: ['https://m']}}\n", "is no registry" },
		{ "registries: {r.lan: {insecure: 'yes'}}\n", "'insecure' must be true or false" },
	};

	check_messages(cases, ARRAY_SIZE(cases), true);
}

static void all_of_it_at_once(void **state)
{
	(void)state;
	const char *message = load_wrong("bord: x\nregistry: 7\nfleets: []\n", false);

	assert_non_null(strstr(message, "edgectl.yaml:1:1"));
	assert_non_null(strstr(message, "edgectl.yaml:2:11"));
	assert_non_null(strstr(message, "edgectl.yaml:3:9"));
}

static void a_wrong_variable_is_named(void **state)
{
	(void)state;
	struct config_value value;

	load(NULL, NULL);
	assert_int_equal(setenv("EDGECTL_BOARD", "raspberypi4-64", 1), 0);
	assert_int_equal(config_get(config, config_key_find(config_keys, "board"), &value, &err_),
			 -1);
	assert_int_equal(err_.kind, ERR_USAGE);
	assert_true(str_has_prefix(err_.message, "environment variable 'EDGECTL_BOARD'"));
	assert_non_null(strstr(err_.hint, "raspberrypi4-64"));
}

static void a_file_of_a_stranger_is_not_read(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	load("registry: r.lan\n", NULL);
	assert_int_equal(chown("edgectl.yaml", 12345, 12345), 0);
	load(NULL, NULL);
	assert_int_equal(get("registry").words.len, 0);
	assert_true(str_has_suffix(config_skipped_file(config), "/project/edgectl.yaml"));
	/* that of the owner of where we are */
	assert_int_equal(chown(".", 12345, 12345), 0);
	load(NULL, NULL);
	assert_int_equal(get("registry").words.len, 1);
	assert_null(config_skipped_file(config));
}

static void an_unreadable_file_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(mkdir("../home/config.yaml", 0755), 0);
	assert_int_equal(config_load(&config, &err_), -1);
	assert_non_null(strstr(err_.message, "config.yaml"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(nothing_is_fine),
		world_test(the_nearest_source_counts),
		world_test(a_project_is_found_from_below),
		world_test(a_list_may_be_one_word_and_a_variable_has_commas),
		world_test(the_nearer_of_rivals_counts),
		world_test(says_what_is_wrong_in_a_project),
		world_test(says_what_is_wrong_in_the_users_file),
		world_test(all_of_it_at_once),
		world_test(a_wrong_variable_is_named),
		world_test(a_file_of_a_stranger_is_not_read),
		world_test(an_unreadable_file_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
