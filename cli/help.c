#include "help.h"

#include "config/key.h"
#include "format.h"

#define HELP_WIDTH     80
#define OPTION_COLUMN  30 /* where the sentence of an option begins */
#define COMMAND_COLUMN 20

const struct cli_option global_options[] = {
	OPTION_FLAG(struct global_args, version, 'V', "version", "Print the version"),
	OPTION_END,
};

void help_option_spec(const struct cli_option *option, const char *gap, struct str *out)
{
	if (option->short_name)
		str_addf(out, "-%c, ", option->short_name);
	else
		str_add(out, gap);
	str_addf(out, "--%s%s", option->type == OPTION_TYPE_SWITCH ? "[no-]" : "", option->name);
	if (option_takes_value(option))
		str_addf(out, option->bare ? "[=%s]" : " %s", option->value_name);
}

static void add_note(struct str *notes, const char *fmt, const char *value)
{
	str_add(notes, notes->len > 0 ? "; " : " (");
	str_add(notes, fmt);
	str_add(notes, value);
}

/* "config: platform, DOCKER_DEFAULT_PLATFORM". The key tells its own variable: EDGECTL_PLATFORM. */
static void add_config(struct str *notes, const struct config_key *key)
{
	if (!key)
		return;
	add_note(notes, "config: ", key->name);
	if (key->docker_env)
		str_addf(notes, ", %s", key->docker_env);
}

void help_option_text(const struct cli_command *command, const struct cli_option *option,
		      struct str *out)
{
	AUTO(str_release) struct str notes = STR_INIT;

	str_add(out, option->help);
	for (size_t i = 0; option->choices && option->choices[i]; i++) {
		if (i == 0)
			add_note(&notes, "", option->choices[i]);
		else
			str_addf(&notes, ", %s", option->choices[i]);
	}
	if (option->type == OPTION_TYPE_LIST)
		add_note(&notes, "repeatable", "");
	if (option->fallback)
		add_note(&notes, "default: ", option->fallback);
	if (command)
		add_config(&notes, config_key_of_option(command->name, option->name));
	if (notes.len > 0)
		str_addf(out, "%s)", notes.ptr);
}

/* Two columns: what it is called, and what it means. */
static void add_row(struct str *out, const char *left, const char *right, unsigned text_column)
{
	unsigned column = 2 + format_width(span_of(left));

	str_addf(out, "  %s", left);
	if (column + 2 > text_column) {
		str_addc(out, '\n');
		column = 0;
	}
	str_addf(out, "%*s", (int)(text_column - column), "");
	format_wrapped(out, right, text_column, text_column, HELP_WIDTH);
}

static void add_options(struct str *out, const struct cli_command *command,
			const struct cli_option *options)
{
	bool needs_heading = true;

	OPTION_FOREACH(option, options) {
		AUTO(str_release) struct str spec = STR_INIT;
		AUTO(str_release) struct str text = STR_INIT;

		if (option->type == OPTION_TYPE_HEADING)
			str_addf(out, "\n%s:\n", option->name);
		needs_heading = needs_heading && option->type != OPTION_TYPE_HEADING;
		if (!option_is_named(option) || option->hidden)
			continue;
		if (needs_heading)
			str_add(out, "\nOptions:\n");
		needs_heading = false;
		help_option_spec(option, "    ", &spec);
		help_option_text(command, option, &text);
		add_row(out, spec.ptr, text.ptr, OPTION_COLUMN);
	}
}

static void add_examples(struct str *out, const struct cli_example *example)
{
	if (!example)
		return;
	str_add(out, "\nExamples:\n");
	for (; example->text; example++) {
		str_add(out, "  ");
		format_wrapped(out, example->text, 2, 2, HELP_WIDTH);
		str_addf(out, "    %s\n", example->command);
	}
}

void help_command(const struct cli_command *command, struct str *out)
{
	str_add(out, "Usage: ");
	command_synopsis(command, out);
	str_addf(out, "\n\n%s.\n", command->summary);
	if (command->details) {
		str_addc(out, '\n');
		format_wrapped(out, command->details, 0, 0, HELP_WIDTH);
	}
	add_options(out, command, command->options);
	add_examples(out, command->examples);
}

static void add_commands(struct str *out, enum command_group group)
{
	str_addf(out, "\n%s:\n", command_group_title(group));
	COMMAND_FOREACH(command) {
		if (!command->hidden && command->group == group)
			add_row(out, command->name, command->summary, COMMAND_COLUMN);
	}
}

void help_topic(const struct cli_topic *topic, struct str *out)
{
	str_addf(out, "Usage: edgectl %s COMMAND [OPTION]... [WORD]...\n\n%s.\n\nCommands:\n",
		 topic->name, topic->summary);
	COMMAND_FOREACH(command) {
		if (!command->hidden && topic_verb(topic, command))
			add_row(out, command->name, command->summary, COMMAND_COLUMN);
	}
	str_addf(out, "\n'edgectl help %s COMMAND' explains a command.\n", topic->name);
}

void help_overview(struct str *out)
{
	str_add(out, "Usage: edgectl COMMAND [OPTION]... [WORD]...\n\n"
		     "Build container images for ARM boards on a workstation, and push them.\n");
	for (enum command_group group = 0; group < GROUP_COUNT; group++)
		add_commands(out, group);
	add_options(out, NULL, global_options);
	str_add(out, "\n'edgectl help COMMAND' explains a command.\n");
}
