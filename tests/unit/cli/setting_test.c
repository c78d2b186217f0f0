#include "setting.h"

#include "unit.h"

/*
 * The table of the configuration and those of the commands say the same of a value, or a file would be accepted that
 * the option then refuses.
 */
static bool is_same_range(const struct config_key *key, const struct cli_option *option)
{
	return key->min == option->min && key->max == option->max;
}

static bool has_same_choices(const struct config_key *key, const struct cli_option *option)
{
	for (size_t i = 0;; i++) {
		if (!str_eq(key->choices[i], option->choices[i]))
			return false;
		if (!key->choices[i])
			return true;
	}
}

static bool takes_bool(const struct cli_option *option)
{
	/* some say more than yes and no: --sbom=false */
	return option->type == OPTION_TYPE_FLAG || option->type == OPTION_TYPE_SWITCH ||
	       str_eq(option->bare, "true");
}

static bool suits(const struct config_key *key, const struct cli_option *option)
{
	switch (key->type) {
	case CONFIG_BOOL: return takes_bool(option);
	case CONFIG_INT: return option->type == OPTION_TYPE_INT && is_same_range(key, option);
	case CONFIG_CHOICE:
		return option->type == OPTION_TYPE_CHOICE && has_same_choices(key, option);
	case CONFIG_TEXT:
		return option->type == OPTION_TYPE_STRING || option->type == OPTION_TYPE_OPERANDS;
	case CONFIG_WORDS:
		return option->type == OPTION_TYPE_LIST || option->type == OPTION_TYPE_STRING;
	case CONFIG_TEXTS:
	case CONFIG_SECTIONS:
	case CONFIG_ITEMS: break;
	}
	return false;
}

/* Of one key; tells how many commands have its option. */
static size_t check_key(const struct config_key *key)
{
	size_t count = 0;

	COMMAND_FOREACH(command) {
		OPTION_FOREACH(option, command->options) {
			if (!option->name || setting_key(command, option) != key)
				continue;
			assert_row(suits(key, option), key->name);
			assert_row(!command->ignores_config, command->name);
			count++;
		}
	}
	return count;
}

static size_t count_commands(const struct config_key *key)
{
	size_t count = 1;

	for (const char *c = key->commands; c && *c; c++)
		count += *c == ',';
	return count;
}

static void keys_and_options_agree(void **state)
{
	(void)state;
	CONFIG_KEY_FOREACH(key, config_keys) {
		size_t found = key->option ? check_key(key) : 0;

		if (key->option && key->commands)
			assert_row(found == count_commands(key), key->name);
		else if (key->option)
			assert_row(found > 0, key->name);
	}
}

/* A key without an option is read by its variable, or has a reader of its own. */
static void every_key_is_read(void **state)
{
	(void)state;
	CONFIG_KEY_FOREACH(key, config_keys)
		assert_row(key->option || key->env || key->type == CONFIG_SECTIONS, key->name);
}

static void knows_the_defaults_of_options(void **state)
{
	(void)state;
	assert_string_equal(setting_fallback(config_key_find(config_keys, "transfer.jobs")), "4");
	assert_null(setting_fallback(config_key_find(config_keys, "board")));
	assert_null(setting_fallback(config_key_find(config_keys, "store.path")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_options_agree),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(knows_the_defaults_of_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
