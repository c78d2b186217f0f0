#include "app.h"
#include "command.h"
#include "store_access.h"

#include "base/json.h"
#include "doctor/check.h"

struct doctor_args {
	bool store, repair, json;
};

static int run_checks(const struct doctor_args *args, const struct check_context *context,
		      struct findings *ret, struct err *err)
{
	CHECK_FOREACH(check) {
		if (check->group == CHECK_STORE && !args->store)
			continue;
		if (check->run(check, context, ret, err) < 0)
			return err_wrap(err, "check %s", check->title);
	}
	return 0;
}

static void show_text(const struct findings *findings, struct str *out)
{
	VEC_FOREACH(finding, findings) {
		str_addf(out, "%s: %s\n",
			 finding->is_repaired ? "repaired" : finding_level_name(finding->level),
			 finding->text);
		if (finding->remedy && !finding->is_repaired)
			str_addf(out, "  %s\n", finding->remedy);
	}
}

static void show_json(const struct findings *findings, struct str *out)
{
	json_auto_t *array = json_array();

	VEC_FOREACH(finding, findings) {
		json_t *object = json_object();

		json_set_string(object, "check", finding->check);
		json_set_string(object, "level", finding_level_name(finding->level));
		json_set_string(object, "text", finding->text);
		if (finding->remedy)
			json_set_string(object, "remedy", finding->remedy);
		json_object_set_new(object, "repaired", json_boolean(finding->is_repaired));
		json_array_append_new(array, object);
	}
	json_write_pretty(array, out);
}

static int sum_up(const struct findings *findings, struct err *err)
{
	size_t problems = findings_count_problems(findings);

	if (problems == 0)
		return 0;
	return err_set(err, ERR_SYSTEM, "%zu problem%s", problems, problems == 1 ? "" : "s");
}

static int doctor_run(struct app *app, const void *args_data, struct err *err)
{
	const struct doctor_args *args = args_data;
	AUTO(store_access_release) struct store_access access = STORE_ACCESS_INIT;
	AUTO(findings_release) struct findings findings = { .items = NULL };
	AUTO(str_release) struct str text = STR_INIT;
	struct check_context context = { .repair = args->repair, .monitor = &access.monitor };

	(void)app;
	if (!args->store) {
		(void)err_set(err, ERR_USAGE, "what is to be looked at?");
		return err_hint(err, "--store checks the local store");
	}
	if (store_access_open(&access, err) < 0)
		return -1;
	context.store = access.store;
	if (run_checks(args, &context, &findings, err) < 0)
		return -1;
	if (args->json)
		show_json(&findings, &text);
	else
		show_text(&findings, &text);
	if (app_print(&text, err) < 0)
		return -1;
	return sum_up(&findings, err);
}

static const struct cli_option doctor_options[] = {
	OPTION_FLAG(struct doctor_args, store, 0, "store",
		    "Check the local store: read every blob, look at snapshots and the database"),
	OPTION_FLAG(struct doctor_args, repair, 0, "repair",
		    "Remove what is damaged or left over, so that the next build or pull makes it "
		    "anew"),
	OPTION_FLAG(struct doctor_args, json, 0, "json",
		    "Print a JSON array of objects with the members check, level (ok, note or "
		    "problem), text, remedy and repaired"),
	OPTION_END,
};

static const struct cli_example doctor_examples[] = {
	{ "Is the store sound after a power failure?", "edgectl doctor --store" },
	{ NULL, NULL },
};

const struct cli_command cmd_doctor = {
	.name = "doctor",
	.ignores_config = true,
	.group = GROUP_OTHER,
	.summary = "Find out what is wrong, and what to do about it",
	.details = "The exit status is 1 when there is a problem that was not repaired.",
	.options = doctor_options,
	.args_size = sizeof(struct doctor_args),
	.examples = doctor_examples,
	.run = doctor_run,
};
