#include "app.h"
#include "command.h"
#include "generate.h"

struct completion_args {
	struct strvec shells;
};

static const char *const shells[] = { "bash", "zsh", "fish", NULL };

static int completion_run(struct app *app, const void *args_data, struct err *err)
{
	static void (*const printers[])(struct str * out) = { generate_bash, generate_zsh,
							      generate_fish };
	const struct completion_args *args = args_data;
	AUTO(str_release) struct str text = STR_INIT;

	(void)app;
	for (size_t i = 0; shells[i]; i++) {
		if (str_eq(args->shells.items[0], shells[i]))
			printers[i](&text);
	}
	return app_print(&text, err);
}

static const struct cli_option completion_options[] = {
	OPTION_OPERANDS(struct completion_args, shells, "SHELL", VALUE_CHOICE, 1, 1,
			.choices = shells),
	OPTION_END,
};

static const struct cli_example completion_examples[] = {
	{ "Complete in this shell:", "source <(edgectl completion bash)" },
	{ "In every fish from now on:",
	  "edgectl completion fish > ~/.config/fish/completions/edgectl.fish" },
	{ NULL, NULL },
};

const struct cli_command cmd_completion = {
	.name = "completion",
	.ignores_config = true,
	.group = GROUP_OTHER,
	.summary = "Print the completion script for a shell",
	.details = "SHELL is bash, zsh or fish. A package of edgectl brings the scripts with it; "
		   "this command is for where it was installed by hand.",
	.options = completion_options,
	.args_size = sizeof(struct completion_args),
	.examples = completion_examples,
	.run = completion_run,
};
