#include "config/key.h"

#include "../base/unit.h"

#include <regex.h>

#include "base/str.h"

static void checks_kinds(void **state)
{
	(void)state;
	static const struct {
		enum config_kind kind;
		const char *text;
		bool good;
	} rows[] = {
		{ CONFIG_ANY, "x", true },
		{ CONFIG_ANY, "", false },
		{ CONFIG_PLATFORM, "linux/arm/v7", true },
		{ CONFIG_PLATFORM, "local", true },
		{ CONFIG_PLATFORM, "linux/amr64", false },
		{ CONFIG_BOARD, "raspberrypi4-64", true },
		{ CONFIG_BOARD, "rpi4", true },
		{ CONFIG_BOARD, "toaster", false },
		{ CONFIG_REGISTRY, "r.lan", true },
		{ CONFIG_REGISTRY, "localhost", true },
		{ CONFIG_REGISTRY, "r.lan:5000/a/b", true },
		{ CONFIG_REGISTRY, "docker.io", true },
		{ CONFIG_REGISTRY, "docker.io/me", true },
		{ CONFIG_REGISTRY, "[::1]:5000", true },
		{ CONFIG_REGISTRY, "registry", false },
		{ CONFIG_REGISTRY, "https://r.lan", false },
		{ CONFIG_REGISTRY, "r.lan/", false },
		{ CONFIG_REGISTRY, "r.lan/A", false },
		{ CONFIG_REGISTRY, "r.lan/a:1", false },
		{ CONFIG_REGISTRY, "", false },
		{ CONFIG_REPOSITORY, "a/b", true },
		{ CONFIG_REPOSITORY, "a", true },
		{ CONFIG_REPOSITORY, "a:1", false },
		{ CONFIG_REPOSITORY, "/a", false },
		{ CONFIG_REPOSITORY, "A", false },
		{ CONFIG_TAG, "v1.2", true },
		{ CONFIG_TAG, "-x", false },
		{ CONFIG_TAG, "a/b", false },
		{ CONFIG_TAG, "a@b", false },
		{ CONFIG_SIZE, "20GB", true },
		{ CONFIG_SIZE, "1.5TiB", true },
		{ CONFIG_SIZE, "512", true },
		{ CONFIG_SIZE, "20 GB", false },
		{ CONFIG_NAME, "a.b_c-1", true },
		{ CONFIG_NAME, "-a", false },
		{ CONFIG_NAME, "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *pattern = config_kind_pattern(rows[i].kind);
		bool good = config_kind_check(rows[i].kind, rows[i].text, NULL) == 0;
		regex_t regex;

		assert_row(good == rows[i].good, rows[i].text);
		if (!pattern)
			continue;
		/* What is good must be so for editors, too. */
		assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
		assert_row(!good || regexec(&regex, rows[i].text, 0, NULL, 0) == 0, rows[i].text);
		regfree(&regex);
	}
}

static void check_table(const struct config_key *table, bool is_top)
{
	CONFIG_KEY_FOREACH(key, table) {
		size_t len = key->description ? strlen(key->description) : 0;

		assert_row(len > 0 && key->description[len - 1] != '.', key->name);
		assert_row(config_key_find(table, key->name) == key, key->name);
		assert_row(is_top == (key->places != 0), key->name);
		assert_row(!key->env || str_has_prefix(key->env, "EDGECTL_"), key->name);
		assert_row(!key->rival || config_key_find(table, key->rival), key->name);
		assert_row((key->type == CONFIG_SECTIONS || key->type == CONFIG_ITEMS) ==
				   (key->members != NULL),
			   key->name);
		assert_row((key->type == CONFIG_CHOICE) == (key->choices != NULL), key->name);
		if (key->members)
			check_table(key->members, false);
	}
}

static void the_table_is_whole(void **state)
{
	(void)state;
	check_table(config_keys, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_kinds),
		cmocka_unit_test(the_table_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
