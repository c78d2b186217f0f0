#include "app.h"
#include "command.h"
#include "software.h"
#include "version.h"

struct version_args {
	bool json;
};

int version_print(struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, "edgectl " CLI_VERSION "\n");
	return app_print(&text, err);
}

static int version_run(struct app *app, const void *args_data, struct err *err)
{
	const struct version_args *args = args_data;
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *object = NULL;

	(void)app;
	if (!args->json)
		return version_print(err);
	object = json_of_software();
	json_write_pretty(object, &text);
	return app_print(&text, err);
}

static const struct cli_option version_options[] = {
	OPTION_FLAG(
		struct version_args, json, 0, "json",
		"Print a JSON object with the versions of everything that edgectl uses: the "
		"kernel, its libraries, QEMU for each platform, and the engine of this machine"),
	OPTION_END,
};

static const struct cli_example version_examples[] = {
	{ "What to put into a bug report:", "edgectl version --json" },
	{ NULL, NULL },
};

const struct cli_command cmd_version = {
	.name = "version",
	.ignores_config = true,
	.group = GROUP_OTHER,
	.summary = "Print the version",
	.options = version_options,
	.args_size = sizeof(struct version_args),
	.examples = version_examples,
	.run = version_run,
};
