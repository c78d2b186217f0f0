#include "command.h"

#include <string.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/str.h"

extern const struct cli_command cmd_build, cmd_push, cmd_pull, cmd_images, cmd_board_ls,
	cmd_board_show, cmd_completion, cmd_version, cmd_help, cmd_complete, cmd_generate,
	cmd_parse, cmd_expand, cmd_ignore, cmd_check;

const struct cli_command *const cli_commands[] = {
	&cmd_build,      &cmd_push,    &cmd_pull, &cmd_images,   &cmd_board_ls, &cmd_board_show,
	&cmd_completion, &cmd_version, &cmd_help, &cmd_complete, &cmd_generate, &cmd_parse,
	&cmd_expand,     &cmd_ignore,  &cmd_check, NULL,
};

const struct cli_topic cli_topics[] = {
	{ "board", "What edgectl knows about boards" },
	{ .name = NULL },
};

const char *command_group_title(enum command_group group)
{
	static const char *const titles[GROUP_COUNT] = {
		[GROUP_BUILD] = "Build",
		[GROUP_IMAGE] = "Images",
		[GROUP_PROJECT] = "Projects",
		[GROUP_OTHER] = "Other",
	};

	return titles[group];
}

const struct cli_command *command_find(const char *name)
{
	COMMAND_FOREACH(command) {
		if (str_eq(command->name, name))
			return command;
	}
	return NULL;
}

const struct cli_topic *topic_find(const char *name)
{
	TOPIC_FOREACH(topic) {
		if (str_eq(topic->name, name))
			return topic;
	}
	return NULL;
}

const char *topic_verb(const struct cli_topic *topic, const struct cli_command *command)
{
	size_t len = strlen(topic->name);

	if (!str_has_prefix(command->name, topic->name) || command->name[len] != ' ')
		return NULL;
	return command->name + len + 1;
}

void command_add_name(const struct cli_command *command, char separator, struct str *out)
{
	for (const char *c = command->name; *c; c++)
		str_addc(out, *c == ' ' ? separator : *c);
}

static int unknown_command(const char *name, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *nearest = NULL;

	COMMAND_FOREACH(command) {
		if (!command->hidden)
			strvec_add(&names, command->name);
	}
	TOPIC_FOREACH(topic)
		strvec_add(&names, topic->name);
	(void)err_set(err, ERR_USAGE, "unknown command '%s'", name);
	nearest = suggest(name, (const char *const *)strvec_argv(&names));
	if (nearest)
		return err_hint(err, "did you mean '%s'? See 'edgectl --help'", nearest);
	return err_hint(err, "see 'edgectl --help'");
}

int command_require(char *const *words, const struct cli_command **ret, size_t *ret_count,
		    struct err *err)
{
	bool is_topic = words[1] && topic_find(words[0]);
	AUTO(freep)
	char *name = is_topic ? xasprintf("%s %s", words[0], words[1]) : xstrdup(words[0]);

	*ret = command_find(name);
	*ret_count = is_topic ? 2 : 1;
	return *ret ? 0 : unknown_command(name, err);
}

void command_synopsis(const struct cli_command *command, struct str *out)
{
	const struct cli_option *operands = option_operands(command->options);

	str_addf(out, "edgectl %s [OPTION]...", command->name);
	if (!operands)
		return;
	str_addf(out, operands->min > 0 ? " %s" : " [%s]", operands->value_name);
	if (operands->max != 1)
		str_add(out, "...");
}
