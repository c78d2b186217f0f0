#include "command.h"

#include "base/diag.h"
#include "base/str.h"

extern const struct cli_command cmd_build, cmd_push, cmd_pull, cmd_images, cmd_completion,
	cmd_version, cmd_help, cmd_complete, cmd_generate;

const struct cli_command *const cli_commands[] = {
	&cmd_build,   &cmd_push, &cmd_pull,     &cmd_images,   &cmd_completion,
	&cmd_version, &cmd_help, &cmd_complete, &cmd_generate, NULL,
};

const char *command_group_title(enum command_group group)
{
	static const char *const titles[GROUP_COUNT] = {
		[GROUP_BUILD] = "Build",
		[GROUP_IMAGE] = "Images",
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

int command_require(const char *name, const struct cli_command **ret, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *nearest = NULL;

	*ret = command_find(name);
	if (*ret)
		return 0;
	COMMAND_FOREACH(command) {
		if (!command->hidden)
			strvec_add(&names, command->name);
	}
	(void)err_set(err, ERR_USAGE, "unknown command '%s'", name);
	nearest = suggest(name, (const char *const *)strvec_argv(&names));
	if (nearest)
		return err_hint(err, "did you mean '%s'? See 'edgectl --help'", nearest);
	return err_hint(err, "see 'edgectl --help'");
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
