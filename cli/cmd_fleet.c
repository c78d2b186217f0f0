#include "app.h"
#include "command.h"
#include "fleet_site.h"
#include "registry_option.h"
#include "table.h"

#include "base/alloc.h"
#include "base/json.h"
#include "registry/repository.h"

static char *join(const struct fleet_texts *texts)
{
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;

	fleet_texts_add_to(texts, &words);
	return strvec_join(&words, ", ");
}

static json_t *texts_to_json(const struct fleet_texts *texts)
{
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;

	fleet_texts_add_to(texts, &words);
	return json_from_strvec(&words);
}

static json_t *fleet_to_json(const struct fleet *fleet)
{
	json_t *object = json_object();
	json_t *labels = json_object();

	json_set_string(object, "name", fleet->name);
	json_object_set_new(object, "reference",
			    fleet->reference ? json_string(fleet->reference) : json_null());
	json_set_string(object, "channel", fleet->channel.text);
	json_object_set_new(object, "boards", texts_to_json(&fleet->boards));
	json_object_set_new(object, "platforms", texts_to_json(&fleet->platforms));
	json_object_set_new(object, "services", texts_to_json(&fleet->services));
	json_object_set_new(object, "profiles", texts_to_json(&fleet->profiles));
	VEC_FOREACH(label, &fleet->labels)
		json_set_string(labels, label->name, label->value.text);
	json_object_set_new(object, "labels", labels);
	return object;
}

static int read_fleets(struct app *app, struct fleets *ret, struct err *err)
{
	struct config *config = NULL;

	return app_config(app, &config, err) < 0 ? -1 : fleets_read(config, ret, err);
}

/* --- fleet ls --- */

struct ls_args {
	bool json;
};

static void list(const struct fleets *fleets, struct str *out)
{
	static const char *const head[] = { "FLEET", "CHANNEL", "BOARDS", "REPOSITORY" };
	struct table table;

	table_init(&table, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&table, head[i]);
	VEC_FOREACH(fleet, fleets) {
		AUTO(freep) char *boards = join(&fleet->boards);
		AUTO(freep) char *platforms = join(&fleet->platforms);
		AUTO(freep)
		char *both =
			xasprintf("%s%s%s", boards, *boards && *platforms ? ", " : "", platforms);

		table_add(&table, fleet->name);
		table_add(&table, fleet->channel.text);
		table_add(&table, both);
		table_add(&table, fleet->reference ? fleet->reference : "-");
	}
	table_format(&table, out);
	table_release(&table);
}

static int ls_run(struct app *app, const void *args_data, struct err *err)
{
	const struct ls_args *args = args_data;
	AUTO(fleets_release) struct fleets fleets = FLEETS_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *array = json_array();

	if (read_fleets(app, &fleets, err) < 0)
		return -1;
	if (!args->json) {
		list(&fleets, &text);
		return app_print(&text, err);
	}
	VEC_FOREACH(fleet, &fleets)
		json_array_append_new(array, fleet_to_json(fleet));
	json_write_pretty(array, &text);
	return app_print(&text, err);
}

static const struct cli_option ls_options[] = {
	OPTION_FLAG(struct ls_args, json, 0, "json", "Print a JSON array"),
	OPTION_END,
};

static const struct cli_example ls_examples[] = {
	{ "The fleets of the project here:", "edgectl fleet ls" },
	{ NULL, NULL },
};

const struct cli_command cmd_fleet_ls = {
	.name = "fleet ls",
	.group = GROUP_FLEET,
	.summary = "List the fleets of the project here",
	.details = "As edgectl.yaml has them; nothing is asked.",
	.options = ls_options,
	.args_size = sizeof(struct ls_args),
	.examples = ls_examples,
	.run = ls_run,
};

/* --- fleet show --- */

struct show_args {
	struct strvec words;
	bool json;
};

static void add_line(struct str *out, const char *name, const char *value)
{
	if (value && *value)
		str_addf(out, "%-11s %s\n", name, value);
}

static void add_texts(struct str *out, const char *name, const struct fleet_texts *texts)
{
	AUTO(freep) char *text = join(texts);

	add_line(out, name, text);
}

static void show(const struct fleet *fleet, struct str *out)
{
	add_line(out, "fleet", fleet->name);
	add_line(out, "repository", fleet->reference);
	add_line(out, "channel", fleet->channel.text);
	add_texts(out, "boards", &fleet->boards);
	add_texts(out, "platforms", &fleet->platforms);
	add_texts(out, "services", &fleet->services);
	add_texts(out, "profiles", &fleet->profiles);
	VEC_FOREACH(label, &fleet->labels)
		str_addf(out, "%-11s %s=%s\n", "label", label->name, label->value.text);
}

static int show_run(struct app *app, const void *args_data, struct err *err)
{
	const struct show_args *args = args_data;
	AUTO(fleets_release) struct fleets fleets = FLEETS_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *object = NULL;
	const struct fleet *fleet = NULL;

	if (read_fleets(app, &fleets, err) < 0 ||
	    fleet_find(&fleets, args->words.items[0], &fleet, err) < 0)
		return -1;
	if (args->json) {
		object = fleet_to_json(fleet);
		json_write_pretty(object, &text);
	} else {
		show(fleet, &text);
	}
	return app_print(&text, err);
}

static const struct cli_option show_options[] = {
	OPTION_OPERANDS(struct show_args, words, "FLEET", VALUE_FLEET, 1, 1),
	OPTION_FLAG(struct show_args, json, 0, "json", "Print a JSON object"),
	OPTION_END,
};

static const struct cli_example show_examples[] = {
	{ "What is released to a fleet, and where:", "edgectl fleet show greenhouse" },
	{ NULL, NULL },
};

const struct cli_command cmd_fleet_show = {
	.name = "fleet show",
	.group = GROUP_FLEET,
	.summary = "Show one fleet of the project here",
	.options = show_options,
	.args_size = sizeof(struct show_args),
	.examples = show_examples,
	.run = show_run,
};

/* --- fleet check --- */

struct check_args {
	struct strvec words;
	struct registry_args registry;
};

static int check(struct session *session, const struct fleet_site *site, const char *word,
		 struct str *out, struct err *err)
{
	AUTO(freep) char *shown = image_ref_format_short(&site->repository);
	AUTO(strvec_release) struct strvec tags = STRVEC_INIT;
	AUTO(err_release) struct err problem = ERR_INIT;

	if (registry_check_push(session->registry, &site->repository, err) < 0)
		return err_wrap(err, "fleet '%s' in '%s'", word, shown);
	str_addf(out, "good: '%s' takes a push\n", shown);
	if (registry_tags(session->registry, &site->repository, &tags, &problem) == 0) {
		str_addf(out, "good: its %zu tags can be listed\n", tags.len);
		return 0;
	}
	if (problem.kind == ERR_NOT_FOUND) {
		str_add(out, "good: nothing was released to it yet\n");
		return 0;
	}
	err_move(err, &problem);
	return -1;
}

static int check_run(struct app *app, const void *args_data, struct err *err)
{
	const struct check_args *args = args_data;
	struct session_options options = registry_args_to_ask(&args->registry);
	AUTO(fleet_site_release) struct fleet_site site = FLEET_SITE_INIT;
	AUTO(session_release) struct session session = SESSION_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	const char *word = args->words.items[0];
	int status;

	options.without_store = true;
	if (fleet_site_find(app, word, &site, err) < 0 || session_open(&options, &session, err) < 0)
		return -1;
	status = check(&session, &site, word, &text, err);
	if (session_finish(&session, app, status, err) < 0)
		return -1;
	return app_print(&text, err);
}

static const struct cli_option check_options[] = {
	OPTION_OPERANDS(struct check_args, words, "FLEET", VALUE_FLEET, 1, 1),
	OPTION_REGISTRY(struct check_args, registry),
	OPTION_END,
};

static const struct cli_example check_examples[] = {
	{ "Will a release get through?", "edgectl fleet check greenhouse" },
	{ NULL, NULL },
};

const struct cli_command cmd_fleet_check = {
	.name = "fleet check",
	.group = GROUP_FLEET,
	.summary = "Ask the registry whether a release to a fleet would be taken",
	.details = "Begins an upload and gives it up: credentials, rights and certificates are "
		   "tried, and nothing is left. 'edgectl push FLEET' does the same before it "
		   "builds.",
	.options = check_options,
	.args_size = sizeof(struct check_args),
	.examples = check_examples,
	.run = check_run,
};
