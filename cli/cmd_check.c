#include "app.h"
#include "build_call.h"
#include "check_output.h"
#include "command.h"
#include "exit_code.h"
#include "machine_option.h"

#include "base/json.h"
#include "base/map.h"

struct check_args {
	struct strvec contexts, build_args, platforms;
	const char *file, *target;
	bool reachable;
};

static int print_findings(const struct build_check *check, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_t *findings = check_output_brief(check);

	json_write_pretty(findings, &text);
	json_decref(findings);
	if (app_print(&text, err) < 0)
		return -1;
	return build_check_diags(check, 0)->errors > 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

static int check_run(struct app *app, const void *args_data, struct err *err)
{
	const struct check_args *args = args_data;
	AUTO(machines_release) struct machines machines = MACHINES_INIT;
	AUTO(strmap_release) struct strmap build_args = STRMAP_INIT;
	AUTO(build_check_freep) struct build_check *check = NULL;
	struct build_machine machine;
	struct build_request request = {
		.context_dir = args->contexts.len > 0 ? args->contexts.items[0] : ".",
		.dockerfile = args->file,
		.target = args->target,
		.machines = &machine,
		.build_args = &build_args,
	};

	if (machines_parse(&args->platforms, &(struct strvec)STRVEC_INIT, &machines, err) < 0)
		return -1;
	if (machines.len > 0) {
		machine = (struct build_machine){ .platform = machines.items[0].platform };
		request.machine_count = 1;
	}
	VEC_FOREACH(pair, &args->build_args)
		strmap_set_pair(&build_args, *pair);
	if (build_call_find(app, &request, !args->reachable, NULL, &check, err) < 0)
		return -1;
	return print_findings(check, err);
}

static const struct cli_option check_options[] = {
	OPTION_OPERANDS(struct check_args, contexts, "CONTEXT", VALUE_DIR, 0, 1),
	OPTION_STRING(struct check_args, file, 'f', "file", "FILE", VALUE_FILE,
		      "Dockerfile, instead of CONTEXT/Dockerfile"),
	OPTION_STRING(struct check_args, target, 0, "target", "STAGE", VALUE_STAGE,
		      "The stage that would be built, instead of the last one"),
	OPTION_LIST(struct check_args, platforms, 0, "platform", "OS/ARCH", VALUE_PLATFORM,
		    "Platform that would be built for, instead of this machine's"),
	OPTION_LIST(struct check_args, build_args, 0, "build-arg", "NAME[=VALUE]", VALUE_TEXT,
		    "Value of an ARG"),
	OPTION_FLAG(struct check_args, reachable, 0, "reachable",
		    "Evaluate only the stages that the target needs, as a build does"),
	OPTION_END,
};

const struct cli_command cmd_check = {
	.name = "__check",
	.hidden = true,
	.summary = "Print what the build checks find as JSON",
	.details = "See docs/language-commands.md.",
	.options = check_options,
	.args_size = sizeof(struct check_args),
	.run = check_run,
};
