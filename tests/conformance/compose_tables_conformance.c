/* compose: the tables of single rules: variables, dotenv files, short forms, merging, times, sizes, names. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/yaml.h"
#include "compose/dotenv.h"
#include "compose/quantity.h"
#include "compose/template.h"
#include "loader.h"
#include "project.h"
#include "short.h"
#include "suite.h"
#include "words.h"

/* Calls `check_row` for every row of a table. */
static void each_row(struct suite *suite, const char *table,
		     void (*check_row)(struct suite *suite, const char *id, const json_t *row))
{
	AUTO(freep) char *relative = xasprintf("compose/tables/%s.json", table);
	json_t *data = suite_load(relative);
	json_t *row = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(data, "rows"), i, row)
	{
		AUTO(freep) char *id = xasprintf("%s[%zu]", table, i);

		check_row(suite, id, row);
	}
	json_decref(data);
}

/* A row of the level `quirk` says what the reference does, and not what has to be done. */
static bool is_quirk(const json_t *row)
{
	return str_eq(json_get_string(row, "level"), "quirk");
}

static void check(struct suite *suite, const json_t *row, bool holds, const char *id,
		  const char *fmt, ...) PRINTF_LIKE(5, 6);

/* Counts it unless it is an accident of the reference that is not followed. */
static void check(struct suite *suite, const json_t *row, bool holds, const char *id,
		  const char *fmt, ...)
{
	AUTO(str_release) struct str text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	if (holds || !is_quirk(row))
		suite_case(suite, holds, id, "%s", text.ptr);
	else
		(void)printf("differs from the reference: %s\n", id);
}

static void take_env(const json_t *object, struct strmap *env)
{
	const char *key = NULL;
	json_t *value = NULL;

	json_object_foreach((json_t *)object, key, value)
		strmap_set(env, key, json_string_value(value));
}

struct env {
	struct strmap map;
	unsigned unset;
};

static const char *lookup(void *arg, const char *name)
{
	const struct env *env = arg;

	return strmap_get(&env->map, name);
}

static void count_unset(void *arg, const char *name)
{
	struct env *env = arg;

	(void)name;
	env->unset++;
}

static void check_template(struct suite *suite, const char *id, const json_t *row)
{
	struct env env = { .map = STRMAP_INIT };
	const struct template_scope scope = { .lookup = lookup, .unset = count_unset, .arg = &env };
	const char *text = json_get_string(row, "template");
	const char *want = json_get_string(row, "expect");
	const char *want_error = json_get_string(row, "error");
	AUTO(str_release) struct str out = STR_INIT;
	AUTO(err_release) struct err err = ERR_INIT;

	take_env(json_object_get(row, "env"), &env.map);
	if (template_expand(text, &scope, &out, &err) < 0)
		check(suite, row,
		      str_eq(want_error, err.kind == ERR_NOT_FOUND ? "required" : "invalid"), id,
		      "%s: refused: %s", text, err.message);
	else
		check(suite, row,
		      str_eq(want, out.ptr) && env.unset == json_get_int(row, "warns_unset", 0), id,
		      "%s: want '%s', have '%s'", text, want, out.ptr);
	strmap_release(&env.map);
}

static void check_dotenv(struct suite *suite, const char *id, const json_t *row)
{
	struct env env = { .map = STRMAP_INIT };
	const struct template_scope scope = { .lookup = lookup, .arg = &env };
	const char *text = json_get_string(row, "input");
	const json_t *want = json_object_get(row, "expect");
	AUTO(strmap_release) struct strmap out = STRMAP_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	json_t *have = json_object();

	take_env(json_object_get(row, "lookup"), &env.map);
	if (dotenv_parse(span_of(text), "env", &scope, &out, &err) < 0) {
		check(suite, row, !want, id, "'%s': refused: %s", text, err.message);
	} else {
		AUTO(freep) char *shown = NULL;

		VEC_FOREACH(item, &out)
			json_object_set_new(have, item->key, json_string(item->value));
		shown = json_dumps(have, JSON_COMPACT);
		check(suite, row, want && json_equal(want, have), id, "'%s': have %s", text, shown);
	}
	json_decref(have);
	strmap_release(&env.map);
}

/* A tree as JSON; integers and booleans as such. */
static json_t *to_json(struct arena *arena, const struct yaml *node)
{
	json_t *json = NULL;

	switch (node->kind) {
	case YAML_NULL: return json_null();
	case YAML_BOOL: return json_boolean(node->boolean);
	case YAML_INT: return json_integer(node->integer);
	case YAML_FLOAT: return json_real(node->real.number);
	case YAML_STRING: return json_string(node->text);
	case YAML_LIST:
		json = json_array();
		YAML_EACH_ITEM(item, node)
			json_array_append_new(json, to_json(arena, *item));
		return json;
	case YAML_MAP:
		json = json_object();
		YAML_EACH_ENTRY(entry, node)
			json_object_set_new(json, entry->key, to_json(arena, entry->value));
		return json;
	}
	return json_null();
}

static void check_tree(struct suite *suite, const char *id, const char *input, const json_t *row,
		       struct arena *arena, const struct yaml *have, const struct err *err)
{
	const json_t *want = json_object_get(row, "expect");
	json_t *json = have ? to_json(arena, have) : NULL;
	AUTO(freep) char *shown = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (!have)
		check(suite, row, !want, id, "'%s': refused: %s", input,
		      err->message ? err->message : "?");
	else
		check(suite, row, want && json_equal(want, json), id, "'%s': have %s", input,
		      shown ? shown : "?");
	json_decref(json);
}

static void check_ports(struct suite *suite, const char *id, const json_t *row)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(err_release) struct err err = ERR_INIT;
	const char *spec = json_get_string(row, "spec");
	struct yaml *list = yaml_new(arena, YAML_LIST, NULL);
	bool ok = short_ports(arena, yaml_new_string(arena, spec, NULL), list, &err) == 0;

	check_tree(suite, id, spec, row, arena, ok ? list : NULL, &err);
}

static void remove_default(struct yaml *mount)
{
	struct yaml *bind = yaml_get(mount, "bind");
	const struct yaml *create = yaml_get(bind, "create_host_path");

	if (yaml_is(create, YAML_BOOL) && create->boolean)
		yaml_remove(bind, "create_host_path");
}

static void check_volumes(struct suite *suite, const char *id, const json_t *row)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(err_release) struct err err = ERR_INIT;
	const char *spec = json_get_string(row, "spec");
	struct yaml *mount = NULL;

	if (short_volume(arena, yaml_new_string(arena, spec, NULL), &mount, &err) == 0) {
		remove_default(mount);
		/* An empty one is the same as none. */
		if (!json_object_get(json_object_get(row, "expect"), "volume") &&
		    yaml_has(mount, "volume") && !yaml_len(yaml_get(mount, "volume")))
			yaml_remove(mount, "volume");
	}
	check_tree(suite, id, spec, row, arena, mount, &err);
}

static void check_command(struct suite *suite, const char *id, const json_t *row)
{
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	const char *input = json_get_string(row, "input");
	const json_t *want = json_object_get(row, "expect");
	json_t *have = NULL;
	bool cut = false;

	if (words_split(input, &words, &cut, &err) < 0) {
		check(suite, row, !want, id, "'%s': refused: %s", input, err.message);
		return;
	}
	have = json_from_strvec(&words);
	check(suite, row, want && json_equal(want, have), id, "'%s': other words", input);
	json_decref(have);
}

static void check_duration(struct suite *suite, const char *id, const json_t *row)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	const char *input = json_get_string(row, "input");
	const char *want = json_get_string(row, "expect");
	int64_t ns = 0;

	if (compose_parse_duration(input, &ns, &err) < 0) {
		check(suite, row, !want, id, "'%s': refused: %s", input, err.message);
		return;
	}
	compose_format_duration(ns, &text);
	check(suite, row, str_eq(want, text.ptr) && ns == json_get_int(row, "nanoseconds", -1), id,
	      "'%s': want %s, have %s", input, want, text.ptr);
}

static void check_bytes(struct suite *suite, const char *id, const json_t *row)
{
	AUTO(err_release) struct err err = ERR_INIT;
	const json_t *value = json_object_get(row, "input");
	AUTO(freep)
	char *input = json_is_string(value)
			      ? xstrdup(json_string_value(value))
			      : xasprintf("%lld", (long long)json_integer_value(value));
	const json_t *want = json_object_get(row, "expect");
	int64_t bytes = 0;

	if (compose_parse_bytes(input, &bytes, &err) < 0)
		check(suite, row, !want, id, "'%s': refused: %s", input, err.message);
	else
		check(suite, row, want && bytes == json_integer_value(want), id, "'%s': have %lld",
		      input, (long long)bytes);
}

static void check_name(struct suite *suite, const char *id, const json_t *row)
{
	AUTO(freep) char *have = project_name_normalize(json_get_string(row, "input"));

	check(suite, row, str_eq(json_get_string(row, "expect"), have), id, "have '%s'", have);
}

static void check_windows(struct suite *suite, const char *id, const json_t *row)
{
	const char *input = json_get_string(row, "input");

	check(suite, row,
	      is_windows_absolute(input) == json_is_true(json_object_get(row, "expect")), id,
	      "'%s'", input);
}

static struct yaml *parse_yaml(struct arena *arena, struct diags *diags, const char *text)
{
	struct yaml_documents documents = { 0 };

	diags_init(diags, "row", span_of(text));
	if (yaml_parse(arena, diags, &documents) < 0 || !documents.len)
		return NULL;
	return documents.items[0];
}

static void check_merge(struct suite *suite, const char *id, const json_t *row)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(diags_release) struct diags base_diags = { 0 };
	AUTO(diags_release) struct diags other_diags = { 0 };
	AUTO(err_release) struct err err = ERR_INIT;
	const struct place root = { .up = NULL };
	const char *other_text = json_get_string(row, "override");
	struct yaml *tree = parse_yaml(arena, &base_diags, json_get_string(row, "base"));
	struct yaml *other = other_text ? parse_yaml(arena, &other_diags, other_text) : NULL;

	if (other)
		tree = merge_trees(arena, tree, other, &attr_document, &root);
	unique_apply(arena, tree, &attr_document);
	check_tree(suite, id, other_text, row, arena, other_diags.errors ? NULL : tree, &err);
}

static void add_variable(void *arg, const struct template_variable *variable)
{
	json_object_set_new(arg, variable->name,
			    json_pack("{s:s,s:s,s:s,s:b}", "name", variable->name, "default",
				      variable->fallback ? variable->fallback : "", "presence",
				      variable->presence ? variable->presence : "", "required",
				      variable->required));
}

static void visit_texts(const struct yaml *node, json_t *out)
{
	if (node->kind == YAML_STRING)
		template_variables(node->text, add_variable, out);
	YAML_EACH_ITEM(item, node)
		visit_texts(*item, out);
	YAML_EACH_ENTRY(entry, node)
		visit_texts(entry->value, out);
}

static void check_variables(struct suite *suite, const char *id, const json_t *row)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(diags_release) struct diags diags = { 0 };
	const json_t *want = json_object_get(row, "expect");
	json_t *have = json_object();
	json_t *variable = NULL;
	bool holds = true;
	size_t i = 0;

	visit_texts(parse_yaml(arena, &diags, json_get_string(row, "yaml")), have);
	json_array_foreach((json_t *)want, i, variable) holds &=
		json_equal(variable, json_object_get(have, json_get_string(variable, "name"))) != 0;
	check(suite, row, holds && json_array_size(want) == json_object_size(have), id,
	      "other variables");
	json_decref(have);
}

int main(void)
{
	struct suite suite = { .name = "compose-tables" };

	each_row(&suite, "template", check_template);
	each_row(&suite, "variables", check_variables);
	each_row(&suite, "dotenv", check_dotenv);
	each_row(&suite, "ports_short", check_ports);
	each_row(&suite, "volumes_short", check_volumes);
	each_row(&suite, "command_string", check_command);
	each_row(&suite, "duration", check_duration);
	each_row(&suite, "bytes", check_bytes);
	each_row(&suite, "project_name_normalise", check_name);
	each_row(&suite, "windows_absolute", check_windows);
	each_row(&suite, "merge_tree", check_merge);
	return suite_end(&suite);
}
