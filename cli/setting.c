#include "setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Operands are called by their first word. */
const struct config_key *setting_key(const struct cli_command *command,
				     const struct cli_option *option)
{
	AUTO(freep) char *name = xstrndup(option->name, strcspn(option->name, " "));

	return config_key_of_option(command->name, name);
}

const char *setting_fallback(const struct config_key *key)
{
	COMMAND_FOREACH(command) {
		if (!key->option)
			return NULL;
		OPTION_FOREACH(option, command->options) {
			if (option_is_named(option) && option->fallback &&
			    config_key_of_option(command->name, option->name) == key)
				return option->fallback;
		}
	}
	return NULL;
}

static int find(void *context, const struct cli_option *option, struct option_default *ret,
		struct err *err)
{
	const struct setting_finder *finder = context;
	const struct config_key *key = setting_key(finder->command, option);
	struct config *config = NULL;
	struct config_value value;

	if (!key)
		return 0;
	if (app_config(finder->app, &config, err) < 0 || config_get(config, key, &value, err) < 0)
		return -1;
	*ret = (struct option_default){
		.words = value.words.items,
		.count = value.words.len,
		.source = value.place ? value.place : key->name,
	};
	return 0;
}

void setting_finder_attach(struct setting_finder *finder, struct option_parser *parser)
{
	parser->find_default = find;
	parser->context = finder;
}

static int export(struct config *config, const struct config_key *key, struct err *err)
{
	const char *text = key->env ? getenv(key->env) : NULL;
	struct config_value value;

	/* What is in the environment, its reader will judge. */
	if (key->option || !key->env || (text && *text))
		return 0;
	if (config_get(config, key, &value, err) < 0)
		return -1;
	if (value.words.len > 0 && setenv(key->env, value.words.items[0], 1) < 0)
		return err_errno(err, "set %s", key->env);
	return 0;
}

int settings_export(struct app *app, struct err *err)
{
	struct config *config = NULL;

	if (app_config(app, &config, err) < 0)
		return -1;
	CONFIG_KEY_FOREACH(key, config_keys) {
		if (export(config, key, err) < 0)
			return -1;
	}
	return 0;
}
