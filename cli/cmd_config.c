#include "app.h"
#include "command.h"
#include "setting.h"
#include "table.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "config/schema.h"

/* --- config show --- */

struct show_args {
	struct strvec words; /* keys, or a command and its words */
	bool json;
};

/* What one key comes to. */
struct shown {
	const struct config_key *key;
	struct strvec words;
	const char *origin; /* "flag", or of config_origin_name() */
	char *place;        /* NULL = nowhere */
	const struct yaml *node;
};

struct shown_list {
	struct shown *items;
	size_t len, cap;
};

static void shown_list_release(struct shown_list *list)
{
	VEC_FOREACH(shown, list) {
		strvec_release(&shown->words);
		free(shown->place);
	}
	free(list->items);
}

static void add_default(const struct config_key *key, struct strvec *words)
{
	AUTO(freep) char *home = NULL;
	const char *fallback = setting_fallback(key);

	if (words->len > 0)
		return;
	if (str_eq(key->name, "store.path") && fs_data_home(&home, NULL) == 0)
		strvec_add(words, home);
	else if (fallback)
		strvec_add(words, fallback);
	else if (key->type == CONFIG_BOOL)
		strvec_add(words, "false");
}

/* Names of the sections, texts of a map. */
static void add_names(const struct yaml *node, struct strvec *words)
{
	YAML_EACH_ENTRY(entry, node)
		strvec_add(words, entry->key);
}

static int add_shown(struct app *app, const struct config_key *key, struct shown_list *list,
		     struct err *err)
{
	struct config *config = NULL;
	struct config_value value;
	struct shown *shown;

	if (app_config(app, &config, err) < 0 || config_get(config, key, &value, err) < 0)
		return -1;
	shown = VEC_ADD(list);
	*shown = (struct shown){ .key = key,
				 .origin = config_origin_name(value.origin),
				 .place = xstrdup_or_null(value.place),
				 .node = value.node };
	VEC_FOREACH(word, &value.words)
		strvec_add(&shown->words, *word);
	add_names(value.node, &shown->words);
	if (value.origin == CONFIG_FROM_DEFAULT)
		add_default(key, &shown->words);
	return 0;
}

/* --- of a command --- */

static void add_number(const struct cli_option *option, int number, struct strvec *words)
{
	if (option->type == OPTION_TYPE_CHOICE)
		strvec_add(words, option->choices[number]);
	else
		strvec_addf(words, "%d", number);
}

/* The value that the words gave the option. */
static void add_said(const struct cli_option *option, const void *args, struct strvec *words)
{
	const void *field = (const char *)args + option->offset;

	switch (option->type) {
	case OPTION_TYPE_FLAG:
	case OPTION_TYPE_SWITCH: strvec_add(words, *(const bool *)field ? "true" : "false"); break;
	case OPTION_TYPE_INT:
	case OPTION_TYPE_CHOICE: add_number(option, *(const int *)field, words); break;
	case OPTION_TYPE_STRING: strvec_add(words, *(const char *const *)field); break;
	case OPTION_TYPE_LIST: strvec_add_all(words, field); break;
	case OPTION_TYPE_OPERANDS:
		strvec_add(words, ((const struct strvec *)field)->items[0]);
		break;
	case OPTION_TYPE_END:
	case OPTION_TYPE_HEADING:
	case OPTION_TYPE_HELP: break;
	}
}

static bool is_said(const struct option_parser *parser, const struct cli_option *option)
{
	const struct strvec *operands = (const void *)((const char *)parser->args + option->offset);

	if (option->type == OPTION_TYPE_OPERANDS)
		return operands->len > 0;
	return parser->said[option - parser->options];
}

static int add_option(struct app *app, const struct cli_command *command,
		      const struct option_parser *parser, const struct cli_option *option,
		      struct shown_list *list, struct err *err)
{
	const struct config_key *key = setting_key(command, option);
	struct shown *shown;

	if (!key)
		return 0;
	if (!is_said(parser, option))
		return add_shown(app, key, list, err);
	shown = VEC_ADD(list);
	*shown = (struct shown){ .key = key, .origin = "flag" };
	if (option_is_named(option))
		shown->place = xasprintf("--%s", option->name);
	add_said(option, parser->args, &shown->words);
	return 0;
}

static int collect_options(struct app *app, const struct cli_command *command,
			   struct option_parser *parser, char **words, struct shown_list *list,
			   struct err *err)
{
	if (options_parse(parser, words, err) < 0)
		return -1;
	OPTION_FOREACH(option, command->options) {
		if (option->type != OPTION_TYPE_HEADING && option->type != OPTION_TYPE_HELP &&
		    add_option(app, command, parser, option, list, err) < 0)
			return -1;
	}
	return 0;
}

/* What a command would have with these words. */
static int collect_command(struct app *app, const struct strvec *words, struct shown_list *list,
			   struct err *err)
{
	const struct cli_command *command = NULL;
	AUTO(freep) char *name = NULL;
	AUTO(freep) void *args = NULL;
	AUTO(freep) bool *said = NULL;
	struct option_parser parser = { .ignore_operands = true };
	size_t count = 0;
	int status;

	if (command_require(words->items, &command, &count, err) < 0)
		return -1;
	name = xasprintf("edgectl %s", command->name);
	args = xcalloc(1, command->args_size);
	said = xcalloc(options_count(command->options) + 1, sizeof(*said));
	parser.options = command->options;
	parser.args = args;
	parser.command = name;
	parser.said = said;
	status = collect_options(app, command, &parser, words->items + count, list, err);
	options_release(command->options, args);
	return status;
}

/* --- keys --- */

static int unknown_key(const char *word, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *meant;

	CONFIG_KEY_FOREACH(key, config_keys) {
		strvec_add(&names, key->name);
		strvec_addn(&names, key->name, strcspn(key->name, "."));
	}
	meant = suggest(word, (const char *const *)strvec_argv(&names));
	(void)err_set(err, ERR_USAGE, "'%s' is neither a key nor a command", word);
	return meant ? err_hint(err, "did you mean '%s'?", meant)
		     : err_hint(err, "'edgectl config show' lists the keys");
}

/* A key, or a section: "store". */
static bool is_called(const struct config_key *key, const char *word)
{
	size_t len = strlen(word);

	return strncmp(key->name, word, len) == 0 && (!key->name[len] || key->name[len] == '.');
}

static int collect_key(struct app *app, const char *word, struct shown_list *list, struct err *err)
{
	size_t before = list->len;

	CONFIG_KEY_FOREACH(key, config_keys) {
		if (is_called(key, word) && add_shown(app, key, list, err) < 0)
			return -1;
	}
	return list->len > before ? 0 : unknown_key(word, err);
}

static bool is_command(const struct strvec *words)
{
	const struct cli_command *command = NULL;
	size_t count = 0;

	return words->len > 0 && !config_key_find(config_keys, words->items[0]) &&
	       command_require(words->items, &command, &count, NULL) == 0;
}

static int collect(struct app *app, const struct strvec *words, struct shown_list *list,
		   struct err *err)
{
	if (is_command(words))
		return collect_command(app, words, list, err);
	if (words->len == 0) {
		CONFIG_KEY_FOREACH(key, config_keys) {
			if (add_shown(app, key, list, err) < 0)
				return -1;
		}
	}
	VEC_FOREACH(word, words) {
		if (collect_key(app, *word, list, err) < 0)
			return -1;
	}
	return 0;
}

/* --- printing --- */

static void show_text(const struct shown_list *list, struct str *out)
{
	AUTO(table_release) struct table table;

	table_init(&table, 3);
	table_add(&table, "KEY");
	table_add(&table, "VALUE");
	table_add(&table, "FROM");
	VEC_FOREACH(shown, list) {
		AUTO(freep) char *value = strvec_join(&shown->words, ", ");

		table_add(&table, shown->key->name);
		table_add(&table, *value ? value : "-");
		table_add(&table, shown->place ? shown->place : shown->origin);
	}
	table_format(&table, out);
}

static json_t *json_of_node(struct arena *arena, const struct yaml *node)
{
	json_t *json;

	switch (node->kind) {
	case YAML_NULL: return json_null();
	case YAML_BOOL: return json_boolean(node->boolean);
	case YAML_INT: return json_integer(node->integer);
	case YAML_FLOAT:
	case YAML_STRING: return json_string(yaml_scalar_text(arena, node));
	case YAML_LIST:
		json = json_array();
		YAML_EACH_ITEM(item, node)
			json_array_append_new(json, json_of_node(arena, *item));
		return json;
	case YAML_MAP:
		json = json_object();
		YAML_EACH_ENTRY(entry, node)
			json_object_set_new(json, entry->key, json_of_node(arena, entry->value));
		return json;
	}
	return json_null();
}

/* The type that the key has, wherever the value is from. */
static json_t *json_of_words(const struct config_key *key, const struct strvec *words)
{
	const char *first = words->len > 0 ? words->items[0] : NULL;
	unsigned long long number = 0;

	if (key->type == CONFIG_WORDS)
		return json_from_strvec(words);
	if (!first)
		return json_null();
	if (key->type == CONFIG_BOOL)
		return json_boolean(str_eq(first, "true"));
	if (key->type == CONFIG_INT && span_to_u64(span_of(first), 1ULL << 31, &number))
		return json_integer((json_int_t)number);
	return json_string(first);
}

static json_t *json_of_value(const struct shown *shown, struct arena *arena)
{
	bool is_tree = shown->key->members || shown->key->type == CONFIG_TEXTS;

	if (is_tree)
		return shown->node ? json_of_node(arena, shown->node) : json_null();
	return json_of_words(shown->key, &shown->words);
}

static void show_json(const struct shown_list *list, struct str *out)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *array = json_array();

	VEC_FOREACH(shown, list) {
		json_t *object = json_object();

		json_set_string(object, "key", shown->key->name);
		json_object_set_new(object, "value", json_of_value(shown, arena));
		json_set_string(object, "origin", shown->origin);
		if (shown->place)
			json_set_string(object, "place", shown->place);
		json_array_append_new(array, object);
	}
	json_write_pretty(array, out);
}

static int show_run(struct app *app, const void *args_data, struct err *err)
{
	const struct show_args *args = args_data;
	AUTO(shown_list_release) struct shown_list list = { .items = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	if (collect(app, &args->words, &list, err) < 0)
		return -1;
	if (args->json)
		show_json(&list, &text);
	else
		show_text(&list, &text);
	return app_print(&text, err);
}

static const struct cli_option show_options[] = {
	OPTION_OPERANDS(struct show_args, words, "KEY | COMMAND [WORD]", VALUE_CONFIG_KEY, 0, 0,
			.command_at = 1),
	OPTION_FLAG(struct show_args, json, 0, "json",
		    "Print a JSON array of objects with the members key, value, origin (flag, "
		    "variable, project, user or default) and place"),
	OPTION_END,
};

static const struct cli_example show_examples[] = {
	{ "All of it:", "edgectl config show" },
	{ "Where the store is, and how large it may become:", "edgectl config show store" },
	{ "What a build would have:", "edgectl config show build --jobs 2" },
	{ "The fleets of the project, for a script:", "edgectl config show --json fleets" },
	{ NULL, NULL },
};

const struct cli_command cmd_config_show = {
	.name = "config show",
	.ignores_config = true,
	.group = GROUP_PROJECT,
	.summary = "Show what is configured, and where",
	.details = "Each KEY with its value and where it is from: a line of edgectl.yaml or "
		   "config.yaml, a variable of the environment, or the default. Of a COMMAND, with "
		   "options as it would be given them: what it would have of them all.\n\n"
		   "--json stands before the words.",
	.options = show_options,
	.args_size = sizeof(struct show_args),
	.examples = show_examples,
	.run = show_run,
};

/* --- config schema --- */

struct schema_args {
	bool user;
};

static int schema_run(struct app *app, const void *args_data, struct err *err)
{
	const struct schema_args *args = args_data;
	json_auto_t *schema = config_schema(args->user ? CONFIG_USER : CONFIG_PROJECT);
	AUTO(str_release) struct str text = STR_INIT;

	(void)app;
	json_write_pretty(schema, &text);
	return app_print(&text, err);
}

static const struct cli_option schema_options[] = {
	OPTION_FLAG(struct schema_args, user, 0, "user", "That of config.yaml"),
	OPTION_END,
};

static const struct cli_example schema_examples[] = {
	{ "For an editor that checks YAML while it is written:",
	  "edgectl config schema > edgectl.schema.json" },
	{ NULL, NULL },
};

const struct cli_command cmd_config_schema = {
	.name = "config schema",
	.ignores_config = true,
	.group = GROUP_PROJECT,
	.summary = "Print the JSON Schema of edgectl.yaml",
	.details = "Editors with a YAML language server take it by a first line "
		   "'# yaml-language-server: $schema=edgectl.schema.json'.",
	.options = schema_options,
	.args_size = sizeof(struct schema_args),
	.examples = schema_examples,
	.run = schema_run,
};
