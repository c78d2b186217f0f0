/* The configuration at work: what the options of a command, and the rooms below, have from it. */
#ifndef CLI_SETTING_H
#define CLI_SETTING_H

#include "app.h"
#include "command.h"
#include "option.h"

/* Must not move once it is attached. */
struct setting_finder {
	struct app *app;
	const struct cli_command *command;
};

/* Whose value is the option's default; NULL = it has none. */
const struct config_key *setting_key(const struct cli_command *command,
				     const struct cli_option *option);
/* The default that its option has in the table of the first command with it; NULL = none. */
const char *setting_fallback(const struct config_key *key);
/* The parser asks it for what the words do not say. */
void setting_finder_attach(struct setting_finder *finder, struct option_parser *parser);
/*
 * Puts what the files say of keys that are no option's into the variables by which the rooms below read them:
 * EDGECTL_ROOT and its like. Before there are threads.
 */
WARN_UNUSED int settings_export(struct app *app, struct err *err);

#endif
