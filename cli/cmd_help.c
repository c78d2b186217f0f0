#include "app.h"
#include "command.h"
#include "help.h"

struct help_args {
	struct strvec commands;
};

static int help_run(struct app *app, const void *args_data, struct err *err)
{
	const struct help_args *args = args_data;
	AUTO(str_release) struct str text = STR_INIT;
	const struct cli_command *command = NULL;
	size_t count = 0;

	(void)app;
	if (args->commands.len == 0) {
		help_overview(&text);
	} else if (args->commands.len == 1 && topic_find(args->commands.items[0])) {
		help_topic(topic_find(args->commands.items[0]), &text);
	} else {
		if (command_require(args->commands.items, &command, &count, err) < 0)
			return -1;
		help_command(command, &text);
	}
	return app_print(&text, err);
}

static const struct cli_option help_options[] = {
	OPTION_OPERANDS(struct help_args, commands, "COMMAND", VALUE_COMMAND, 0, 2),
	OPTION_END,
};

const struct cli_command cmd_help = {
	.name = "help",
	.ignores_config = true,
	.group = GROUP_OTHER,
	.summary = "Explain edgectl, or one of its commands",
	.options = help_options,
	.args_size = sizeof(struct help_args),
	.run = help_run,
};
