#include "app.h"
#include "command.h"
#include "facts.h"
#include "format.h"
#include "report.h"
#include "table.h"
#include "template_source.h"

#include "base/json.h"

static const char *kind_name(enum variable_kind kind)
{
	switch (kind) {
	case VARIABLE_TEXT: return "text";
	case VARIABLE_INTEGER: return "integer";
	case VARIABLE_BOOLEAN: return "boolean";
	case VARIABLE_CHOICE: return "choice";
	}
	return NULL;
}

/* --- JSON --- */

static json_t *json_of_variable(const struct template_variable *variable)
{
	json_t *object = json_object();

	json_set_string(object, "name", variable->name);
	json_set_string(object, "type", kind_name(variable->kind));
	facts_json_set(object, "question", variable->question);
	facts_json_set(object, "default", variable->fallback);
	facts_json_set(object, "if", variable->condition);
	if (variable->choices.len > 0)
		json_object_set_new(object, "choices", facts_json_of_words(&variable->choices));
	return object;
}

static json_t *json_of_template(const struct template *template)
{
	json_t *object = json_object();
	json_t *variables = json_array(), *files = json_array(), *peripherals = json_array();

	for (enum peripheral_kind kind = 0; kind < PERIPHERAL_COUNT; kind++) {
		if (template->peripherals & PERIPHERAL_BIT(kind))
			json_array_append_new(peripherals, json_string(peripheral_kind_name(kind)));
	}
	VEC_FOREACH(variable, &template->variables)
		json_array_append_new(variables, json_of_variable(variable));
	VEC_FOREACH(file, &template->files)
		json_array_append_new(files, json_string(file->path));
	json_set_string(object, "name", template->name);
	json_set_string(object, "summary", template->summary);
	facts_json_set(object, "description", template->description);
	json_object_set_new(object, "platforms", facts_json_of_words(&template->platforms));
	json_object_set_new(object, "peripherals", peripherals);
	json_object_set_new(object, "variables", variables);
	json_object_set_new(object, "files", files);
	return object;
}

/* --- template ls --- */

struct template_ls_args {
	bool json, quiet;
};

/* Of one that was added; false for those that are compiled in. */
static bool find_origin(const char *name, struct template_origin *ret)
{
	AUTO(err_release) struct err ignored = ERR_INIT;

	if (!kept_template_exists(name))
		return false;
	if (kept_template_origin(name, ret, &ignored) == 0)
		return true;
	err_clear(&ignored);
	return false;
}

static void set_origin(json_t *object, const struct template_origin *origin)
{
	json_set_string(object, "from", origin->where);
	facts_json_set(object, "commit", origin->commit);
}

static void list_one(const char *name, const struct template *template, struct table *table,
		     json_t *array)
{
	struct template_origin origin = { .where = NULL };
	json_t *object = json_of_template(template);

	json_set_string(object, "name", name); /* the one for --template */
	if (find_origin(name, &origin))
		set_origin(object, &origin);
	table_add(table, name);
	table_add(table, template->summary);
	table_add(table, origin.where ? origin.where : "-");
	json_array_append_new(array, object);
	template_origin_release(&origin);
}

/* An added one that this edgectl does not understand is no reason to hide the others. */
static void warn_of_broken(const char *name, struct err *reason)
{
	AUTO(freep)
	char *line = xasprintf("warning: template '%s' is left out: %s", name, reason->message);

	report_line(line);
	err_clear(reason);
}

static int template_ls_run(struct app *app, const void *args_data, struct err *err)
{
	const struct template_ls_args *args = args_data;
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	AUTO(table_release) struct table table;
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *array = json_array();

	(void)app;
	table_init(&table, 3);
	table_add(&table, "TEMPLATE");
	table_add(&table, "WHAT IT IS");
	table_add(&table, "FROM");
	template_list(&names);
	VEC_FOREACH(name, &names) {
		AUTO(template_freep) struct template *template = NULL;
		AUTO(err_release) struct err reason = ERR_INIT;

		if (template_load(*name, &template, &reason) < 0) {
			warn_of_broken(*name, &reason);
			continue;
		}
		list_one(*name, template, &table, array);
		if (args->quiet)
			str_addf(&text, "%s\n", *name);
	}
	if (!args->quiet && args->json)
		json_write_pretty(array, &text);
	else if (!args->quiet)
		table_format(&table, &text);
	return app_print(&text, err);
}

static const struct cli_option template_ls_options[] = {
	OPTION_FLAG(struct template_ls_args, json, 0, "json",
		    "Print a JSON array of objects, each as 'template show --json' prints it"),
	OPTION_FLAG(struct template_ls_args, quiet, 'q', "quiet",
		    "Print only the names for --template"),
	OPTION_END,
};

static const struct cli_example template_ls_examples[] = {
	{ "What a project can start from:", "edgectl template ls" },
	{ NULL, NULL },
};

const struct cli_command cmd_template_ls = {
	.name = "template ls",
	.group = GROUP_PROJECT,
	.summary = "List the project templates",
	.details = "Those that edgectl brings along, and those of 'edgectl template add' with "
		   "where they came from. 'edgectl init --template' takes directories and git "
		   "repositories as well.",
	.options = template_ls_options,
	.args_size = sizeof(struct template_ls_args),
	.examples = template_ls_examples,
	.run = template_ls_run,
};

/* --- template show --- */

struct template_show_args {
	struct strvec templates;
	bool json;
};

static void show_head(const struct template *template, struct str *out)
{
	AUTO(str_release) struct str platforms = STR_INIT;
	AUTO(str_release) struct str peripherals = STR_INIT;

	facts_add_words(&platforms, &template->platforms);
	for (enum peripheral_kind kind = 0; kind < PERIPHERAL_COUNT; kind++) {
		if (template->peripherals & PERIPHERAL_BIT(kind))
			facts_add_word(&peripherals, peripheral_kind_name(kind));
	}
	str_addf(out, "%s\n\n", template->summary);
	if (template->description) {
		format_wrapped(out, template->description, 0, 0, FACTS_WIDTH);
		str_addc(out, '\n');
	}
	facts_add_line(out, "Template", template->name);
	facts_add_line(out, "Platforms", platforms.ptr);
	facts_add_line(out, "Peripherals", peripherals.ptr);
}

static void show_variable(const struct template_variable *variable, struct str *out)
{
	AUTO(str_release) struct str choices = STR_INIT;

	str_addf(out, "  %s (%s)", variable->name, kind_name(variable->kind));
	if (variable->question)
		str_addf(out, ": %s", variable->question);
	str_addc(out, '\n');
	facts_add_words(&choices, &variable->choices);
	if (choices.len > 0)
		str_addf(out, "    one of %s\n", choices.ptr);
	if (variable->fallback)
		str_addf(out, "    default: %s\n", variable->fallback);
	if (variable->condition)
		str_addf(out, "    only if %s\n", variable->condition);
}

static void show_files(const struct template *template, struct str *out)
{
	str_add(out, template->variables.len > 0 ? "\nVariables:\n" : "");
	VEC_FOREACH(variable, &template->variables)
		show_variable(variable, out);
	str_add(out, "\nFiles:\n");
	VEC_FOREACH(file, &template->files)
		str_addf(out, "  %s\n", file->path);
}

static void show(const struct template *template, const struct template_origin *origin,
		 bool as_json, struct str *out)
{
	if (as_json) {
		json_auto_t *object = json_of_template(template);

		if (origin->where)
			set_origin(object, origin);
		json_write_pretty(object, out);
		return;
	}
	show_head(template, out);
	facts_add_line(out, "From", origin->where);
	facts_add_line(out, "Commit", origin->commit);
	show_files(template, out);
}

static int template_show_run(struct app *app, const void *args_data, struct err *err)
{
	const struct template_show_args *args = args_data;
	const char *where = args->templates.items[0];
	AUTO(template_freep) struct template *template = NULL;
	struct template_origin origin = { .where = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	(void)app;
	if (template_source_load(where, &template, err) < 0)
		return -1;
	(void)find_origin(where, &origin);
	show(template, &origin, args->json, &text);
	template_origin_release(&origin);
	return app_print(&text, err);
}

static const struct cli_option template_show_options[] = {
	OPTION_OPERANDS(struct template_show_args, templates, "TEMPLATE", VALUE_TEMPLATE, 1, 1),
	OPTION_FLAG(struct template_show_args, json, 0, "json",
		    "Print a JSON object with the members name, summary, description, platforms, "
		    "peripherals, variables, files and, of one that was added, from and commit"),
	OPTION_END,
};

static const struct cli_example template_show_examples[] = {
	{ "What it asks for, and which files it makes:", "edgectl template show gpio-blinky" },
	{ "The same of one that is being written:", "edgectl template show ./my-template" },
	{ NULL, NULL },
};

const struct cli_command cmd_template_show = {
	.name = "template show",
	.group = GROUP_PROJECT,
	.summary = "Show what a project template makes",
	.details =
		"TEMPLATE is a name of 'edgectl template ls', a directory with template.yaml, or "
		"a git repository.",
	.options = template_show_options,
	.args_size = sizeof(struct template_show_args),
	.examples = template_show_examples,
	.run = template_show_run,
};
