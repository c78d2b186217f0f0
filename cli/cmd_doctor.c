#include "app.h"
#include "command.h"
#include "interrupt.h"
#include "setting.h"
#include "store_access.h"
#include "terminal.h"

#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "doctor/check.h"
#include "format.h"

#define LEVEL_WIDTH 9 /* of the column with "warning" */
#define TEXT_COLUMN (2 + LEVEL_WIDTH)
#define TEXT_WIDTH  100

struct doctor_args {
	struct strvec names;
	bool store, repair, json;
};

/* --- text --- */

static const char *colour_of(const struct finding *finding)
{
	static const char *const colours[] = {
		[FINDING_GOOD] = TERMINAL_FAINT,
		[FINDING_WARNING] = TERMINAL_YELLOW,
		[FINDING_BAD] = TERMINAL_RED_BOLD,
	};

	return colours[finding->is_repaired ? FINDING_GOOD : finding->level];
}

static void add_level(const struct finding *finding, bool colour, struct str *out)
{
	const char *name = finding->is_repaired ? "repaired" : finding_level_name(finding->level);

	str_addf(out, "  %s%-*s%s", colour ? colour_of(finding) : "", LEVEL_WIDTH, name,
		 colour ? TERMINAL_RESET : "");
}

/* Problems of a file come with their lines, which stay as they are. */
static void add_finding_text(const struct finding *finding, struct str *out)
{
	struct span rest = span_of(finding->text), line;

	if (!strchr(finding->text, '\n')) {
		format_wrapped(out, finding->text, TEXT_COLUMN, TEXT_COLUMN, TEXT_WIDTH);
		return;
	}
	for (bool more = true, is_first = true; more; is_first = false) {
		more = span_cut(&rest, '\n', &line);
		str_addf(out, "%*s%.*s\n", is_first ? 0 : TEXT_COLUMN, "", SPAN_FMT(line));
	}
}

static void add_finding(const struct finding *finding, bool colour, struct str *out)
{
	add_level(finding, colour, out);
	add_finding_text(finding, out);
	if (!finding->remedy || finding->is_repaired)
		return;
	str_addf(out, "%*s-> ", TEXT_COLUMN, "");
	format_wrapped(out, finding->remedy, TEXT_COLUMN + 3, TEXT_COLUMN + 3, TEXT_WIDTH);
}

static void show_text(const struct findings *findings, bool colour, struct str *out)
{
	CHECK_FOREACH(check) {
		bool has_title = false;

		VEC_FOREACH(finding, findings) {
			if (finding->check != check->name)
				continue;
			if (!has_title)
				str_addf(out, "%s:\n", check->title);
			has_title = true;
			add_finding(finding, colour, out);
		}
	}
}

static int show(const struct doctor_args *args, const struct findings *findings, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (args->json) {
		json_auto_t *array = findings_to_json(findings);

		json_write_pretty(array, &text);
	} else {
		show_text(findings, terminal_has_colour(STDOUT_FILENO), &text);
	}
	return app_print(&text, err);
}

/* --- looking --- */

static int run_store_checks(const struct check_context *context, struct findings *ret,
			    struct err *err)
{
	CHECK_FOREACH(check) {
		if (check->place == CHECK_STORE && check->run(check, context, ret, err) < 0)
			return err_wrap(err, "check %s", check->title);
	}
	return 0;
}

static int look_at_store(const struct doctor_args *args, struct app *app, struct findings *ret,
			 struct err *err)
{
	AUTO(store_access_release) struct store_access access = STORE_ACCESS_INIT;
	struct check_context context = { .repair = args->repair, .monitor = &access.monitor };

	if (settings_export(app, err) < 0 || store_access_open(&access, err) < 0)
		return -1;
	context.store = access.store;
	return run_store_checks(&context, ret, err);
}

/* A configuration that is wrong is a finding; the rest is looked at as if there were none. */
static int look_at_machine(const struct doctor_args *args, struct app *app, struct findings *ret,
			   struct err *err)
{
	AUTO(err_release) struct err config_err = ERR_INIT, store_err = ERR_INIT;
	AUTO(freep) char *root = NULL, *config_home = NULL;
	struct monitor monitor = MONITOR_SILENT;
	struct check_context context = { .config_err = &config_err,
					 .store_err = &store_err,
					 .monitor = &monitor };

	if (app_config(app, &context.config, &config_err) == 0 && settings_export(app, err) < 0)
		return -1;
	if (fs_data_home(&root, &store_err) == 0)
		context.store_root = root;
	if (interrupt_watch(&monitor.cancel_fd, err) < 0)
		return -1;
	if (context.config && fs_config_home(&config_home, NULL) == 0)
		context.config_home = config_home;
	return doctor_examine(&context, &args->names, ret, err);
}

static bool wants_store(const struct doctor_args *args)
{
	return args->store || args->repair || strvec_contains(&args->names, "store");
}

static int sum_up(const struct findings *findings, struct err *err)
{
	size_t count = findings_count_bad(findings);

	if (count == 0)
		return 0;
	return err_set(err, ERR_SYSTEM, "%zu thing%s bad", count, count == 1 ? " is" : "s are");
}

static int doctor_run(struct app *app, const void *args_data, struct err *err)
{
	const struct doctor_args *args = args_data;
	AUTO(findings_release) struct findings findings = { .items = NULL };
	bool only_store =
		wants_store(args) && args->names.len <= strvec_contains(&args->names, "store");

	if (!only_store && look_at_machine(args, app, &findings, err) < 0)
		return -1;
	if (wants_store(args) && look_at_store(args, app, &findings, err) < 0)
		return -1;
	if (show(args, &findings, err) < 0)
		return -1;
	return sum_up(&findings, err);
}

static const struct cli_option doctor_options[] = {
	OPTION_OPERANDS(struct doctor_args, names, "CHECK", VALUE_CHOICE, 0, 0,
			.choices = doctor_check_names),
	OPTION_FLAG(struct doctor_args, store, 0, "store",
		    "Check the local store instead: read every blob, look at snapshots and the "
		    "database"),
	OPTION_FLAG(struct doctor_args, repair, 0, "repair",
		    "The same, and remove what is damaged or left over, so that the next build or "
		    "pull makes it anew"),
	OPTION_FLAG(struct doctor_args, json, 0, "json",
		    "Print a JSON array of objects with the members check, level (good, warning or "
		    "bad), text, remedy and repaired"),
	OPTION_END,
};

static const struct cli_example doctor_examples[] = {
	{ "Can this machine build for boards?", "edgectl doctor" },
	{ "Is QEMU there, and does it run programs?", "edgectl doctor emulation" },
	{ "Is the store sound after a power failure?", "edgectl doctor --store" },
	{ NULL, NULL },
};

const struct cli_command cmd_doctor = {
	.name = "doctor",
	.ignores_config = true,
	.group = GROUP_OTHER,
	.summary = "Find out what is wrong, and what to do about it",
	.details = "Looks at the kernel, at user ids, at QEMU, whose programs it really runs as a "
		   "build would, at the disk, and at the registries and boards that it finds "
		   "configured, "
		   "or only at each CHECK. What is bad, or might be better, comes with the command "
		   "that "
		   "mends it.\n\n"
		   "The exit status is 1 when something is bad; warnings do not count.",
	.options = doctor_options,
	.args_size = sizeof(struct doctor_args),
	.examples = doctor_examples,
	.run = doctor_run,
};
