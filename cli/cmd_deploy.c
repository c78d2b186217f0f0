#include "app.h"
#include "command.h"
#include "deploy_options.h"
#include "deploy_release.h"

#include "base/alloc.h"

struct deploy_command_args {
	struct deploy_args deploy;
	const char *release;
};

static int run_release(struct app *app, const struct deploy_command_args *args, struct err *err)
{
	struct deploy_args deploy = args->deploy;
	AUTO(deployment_session_release)
	struct deployment_session session = DEPLOYMENT_SESSION_INIT;
	AUTO(fleet_site_release) struct fleet_site site = FLEET_SITE_INIT;
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep) char *reference = NULL, *file = NULL;
	char *files[] = { NULL, NULL };
	int status;

	if (deploy.build.source.files.len > 0 || deploy.source)
		return err_set(
			err, ERR_USAGE,
			"--release brings its own files: --file and --source do not go with it");
	if (deploy_release_find(app, args->release, &site, &ref, err) < 0)
		return err_wrap(err, "option '--release'");
	reference = image_ref_format(&ref);
	file = xasprintf("oci://%s", reference);
	files[0] = file;
	deploy.build.source.files = (struct strvec){ .items = files, .len = 1 };
	if (deployment_session_open(&deploy, "Deploying", &session, err) < 0)
		return -1;
	status = deploy_release_label(&session, &ref, err);
	if (status == 0)
		status = deploy_release_bring(&session, err);
	if (status == 0)
		status = deployment_run(&session, err);
	return session_finish(&session.session, app, status, err);
}

static int deploy_command_run(struct app *app, const void *args_data, struct err *err)
{
	const struct deploy_command_args *args = args_data;

	return args->release ? run_release(app, args, err)
			     : deployment_deploy(app, &args->deploy, err);
}

static const struct cli_option deploy_options[] = {
	DEPLOY_OPTIONS(struct deploy_command_args, deploy),
	OPTION_STRING(struct deploy_command_args, release, 0, "release", "FLEET[:RELEASE]",
		      VALUE_FLEET_RELEASE,
		      "Run what was released instead of building: a channel or a version"),
	OPTION_FLAG(struct deploy_command_args, deploy.wait, 0, "wait",
		    "Wait until all services run, and are healthy if they have a healthcheck"),
	OPTION_HEADING("How"),
	OPTION_PROGRESS(struct deploy_command_args, deploy.build.how.progress),
	OPTION_END,
};

static const struct cli_example deploy_examples[] = {
	{ "The project here, on a board that ssh knows:", "edgectl deploy root@raspberrypi.local" },
	{ "One of its services, with a variable:",
	  "edgectl deploy -e app:LOG_LEVEL=debug bench app" },
	{ "What a fleet's boards run, on the board on the desk:",
	  "edgectl deploy bench --release greenhouse:stable" },
	{ .text = NULL },
};

const struct cli_command cmd_deploy = {
	.name = "deploy",
	.group = GROUP_DEVICE,
	.summary = "Build a project here and run it on a board",
	.details =
		"Builds the services of the compose file for the board's processor, sends the "
		"layers "
		"that the board lacks, and makes networks, volumes and containers as docker "
		"compose "
		"would: what has not changed is left alone, and docker compose on the board "
		"recognises it all. When a service does not come up, the board is put back as "
		"it was.\n\n"
		"A Dockerfile without a compose file becomes the service 'main', in the board's "
		"own "
		"network, which is started again when it ends and after a reboot.\n\n"
		"Services without a build section take their image from the board, whose engine "
		"pulls "
		"it when it is missing.\n\n"
		"With --release nothing is built: RELEASE is a version or a channel of the fleet, "
		"whose own channel it is if it is left out, or HOST/REPOSITORY:RELEASE without "
		"the project. The board pulls the images before anything is stopped; what it "
		"cannot have from the registry is sent from here.",
	.options = deploy_options,
	.args_size = sizeof(struct deploy_command_args),
	.examples = deploy_examples,
	.run = deploy_command_run,
};
