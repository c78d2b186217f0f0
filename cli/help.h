/* Help texts from the tables, at most 80 columns wide. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/str.h"
#include "command.h"

void help_overview(struct str *out);
void help_command(const struct cli_command *command, struct str *out);
/* The commands that begin with this word. */
void help_topic(const struct cli_topic *topic, struct str *out);

/* "-f, --file FILE"; what stands in for a missing short name is `gap`. */
void help_option_spec(const struct cli_option *option, const char *gap, struct str *out);
/*
 * The option's sentence and, in parentheses, what the tables know: choices, default, repeatable, and the key
 * of its configuration. `command` is NULL for the options of the program.
 */
void help_option_text(const struct cli_command *command, const struct cli_option *option,
		      struct str *out);

/* The options that stand before the command: --version, --help. */
struct global_args {
	bool version;
};
extern const struct cli_option global_options[];

#endif
