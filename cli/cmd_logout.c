#include "app.h"
#include "command.h"
#include "report.h"

#include "registry/login.h"

struct logout_args {
	struct strvec words;
};

static int logout_run(struct app *app, const void *args_data, struct err *err)
{
	const struct logout_args *args = args_data;
	AUTO(strvec_release) struct strvec places = STRVEC_INIT;
	AUTO(freep) char *host = NULL, *line = NULL, *list = NULL;

	(void)app;
	if (login_host_parse(args->words.len > 0 ? args->words.items[0] : "docker.io", &host, err) <
		    0 ||
	    credentials_remove(host, NULL, &places, err) < 0)
		return -1;
	list = strvec_join(&places, ", ");
	line = places.len > 0 ? xasprintf("logged out of %s: removed from %s", host, list)
			      : xasprintf("there was no login for %s", host);
	report_line(line);
	return 0;
}

static const struct cli_option logout_options[] = {
	OPTION_OPERANDS(struct logout_args, words, "REGISTRY", VALUE_TEXT, 0, 1),
	OPTION_END,
};

const struct cli_command cmd_logout = {
	.name = "logout",
	.group = GROUP_IMAGE,
	.summary = "Log out of a registry",
	.details = "Removes its credentials from every file that edgectl reads, and from the "
		   "credential helpers that those name. Without REGISTRY, it is Docker Hub.",
	.options = logout_options,
	.args_size = sizeof(struct logout_args),
	.run = logout_run,
};
