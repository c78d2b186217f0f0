/*
 * Printers over the command tables: manual pages in mdoc(7) and completions for three shells. What
 * they print is committed below docs/man/ and completion/; tools/check-generated compares.
 */
#ifndef CLI_GENERATE_H
#define CLI_GENERATE_H

#include "base/str.h"
#include "command.h"

/* edgectl.1, and edgectl-COMMAND.1. */
void generate_man_overview(struct str *out);
void generate_man_command(const struct cli_command *command, struct str *out);

/* edgectl.yaml.5, and the table of docs/configuration-keys.md. */
void generate_man_config(struct str *out);
void generate_config_keys(struct str *out);

void generate_bash(struct str *out);
void generate_zsh(struct str *out);
void generate_fish(struct str *out);

/* What `edgectl __complete` calls a value of that kind; NULL = nothing dynamic about it. */
const char *value_kind_name(enum value_kind kind);
/* May a value of the kind, which has a name, be a directory as well? */
bool value_kind_may_be_dir(enum value_kind kind);

#endif
