#include "app.h"
#include "command.h"
#include "version.h"

int version_print(struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, "edgectl " CLI_VERSION "\n");
	return app_print(&text, err);
}

static int version_run(struct app *app, const void *args, struct err *err)
{
	(void)app;
	(void)args;
	return version_print(err);
}

static const struct cli_option version_options[] = { OPTION_END };

const struct cli_command cmd_version = {
	.name = "version",
	.group = GROUP_OTHER,
	.summary = "Print the version",
	.options = version_options,
	.run = version_run,
};
