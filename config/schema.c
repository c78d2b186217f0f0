#include "config/schema.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/vec.h"
#include "check.h"
#include "templates/board.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

static json_t *types(const char *first, const char *second)
{
	json_t *array = json_array();

	json_array_append_new(array, json_string(first));
	json_array_append_new(array, json_string(second));
	return array;
}

static json_t *of_type(const char *type)
{
	return json_pack("{s:s}", "type", type);
}

/* --- texts --- */

/* All names, so that an editor can offer them. */
static json_t *boards_schema(void)
{
	AUTO(board_catalog_release) struct board_catalog boards = BOARD_CATALOG_INIT;
	json_t *schema = of_type("string"), *names = json_array();

	if (board_catalog_load(&boards, NULL) == 0) {
		VEC_FOREACH(board, &boards) {
			json_array_append_new(names, json_string(board->slug));
			VEC_FOREACH(alias, &board->aliases)
				json_array_append_new(names, json_string(*alias));
		}
	}
	json_object_set_new(schema, "enum", names);
	return schema;
}

static json_t *text_schema(enum config_kind kind)
{
	const char *pattern = config_kind_pattern(kind);
	json_t *schema;

	if (kind == CONFIG_BOARD)
		return boards_schema();
	if (kind == CONFIG_SIZE) {
		schema = json_object();
		json_object_set_new(schema, "type", types("string", "integer"));
		json_object_set_new(schema, "minimum", json_integer(0));
	} else {
		schema = of_type("string");
		json_object_set_new(schema, "minLength", json_integer(1));
	}
	if (pattern)
		json_set_string(schema, "pattern", pattern);
	return schema;
}

/* --- values --- */

static json_t *members_schema(const struct config_key *members);

static json_t *int_schema(const struct config_key *key)
{
	return json_pack("{s:s, s:i, s:i}", "type", "integer", "minimum", key->min, "maximum",
			 key->max);
}

static json_t *choice_schema(const struct config_key *key)
{
	json_t *words = json_array();

	for (const char *const *choice = key->choices; *choice; choice++)
		json_array_append_new(words, json_string(*choice));
	return json_pack("{s:o}", "enum", words);
}

/* Of a list whose items are of either form. */
static json_t *list_schema(json_t *owned_item)
{
	return json_pack("{s:s, s:o}", "type", "array", "items", owned_item);
}

static json_t *words_schema(const struct config_key *key)
{
	return json_pack("{s:[o, o]}", "anyOf", text_schema(key->kind),
			 list_schema(text_schema(key->kind)));
}

static json_t *names_schema(const struct config_key *key, json_t *owned_value)
{
	return json_pack("{s:s, s:o, s:o}", "type", "object", "propertyNames",
			 text_schema(key->names), "additionalProperties", owned_value);
}

static json_t *texts_schema(const struct config_key *key)
{
	json_t *scalars = types("string", "number");

	json_array_append_new(scalars, json_string("boolean"));
	return names_schema(key, json_pack("{s:o}", "type", scalars));
}

static json_t *sections_schema(const struct config_key *key)
{
	json_t *section = members_schema(key->members), *schema;

	json_object_set_new(section, "type", types("object", "null"));
	schema = names_schema(key, section);
	json_object_set_new(schema, "type", types("object", "null"));
	return schema;
}

static json_t *items_schema(const struct config_key *key)
{
	return list_schema(json_pack("{s:[o, o]}", "anyOf", text_schema(key->members->kind),
				     members_schema(key->members)));
}

static json_t *value_schema(const struct config_key *key)
{
	switch (key->type) {
	case CONFIG_BOOL: return of_type("boolean");
	case CONFIG_INT: return int_schema(key);
	case CONFIG_TEXT: return text_schema(key->kind);
	case CONFIG_CHOICE: return choice_schema(key);
	case CONFIG_WORDS: return words_schema(key);
	case CONFIG_TEXTS: return texts_schema(key);
	case CONFIG_SECTIONS: return sections_schema(key);
	case CONFIG_ITEMS: return items_schema(key);
	}
	return json_object();
}

static json_t *described(const struct config_key *key)
{
	json_t *schema = value_schema(key);

	json_set_string(schema, "description", key->description);
	if (key->fallback)
		json_set_string(schema, "default", key->fallback);
	return schema;
}

/* --- maps --- */

static json_t *map_schema(json_t *owned_properties)
{
	return json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties", false,
			 "properties", owned_properties);
}

static json_t *members_schema(const struct config_key *members)
{
	json_t *properties = json_object(), *required = json_array();
	json_t *schema = map_schema(properties);

	CONFIG_KEY_FOREACH(key, members) {
		json_object_set_new(properties, key->name, described(key));
		if (key->required)
			json_array_append_new(required, json_string(key->name));
	}
	if (json_array_size(required) > 0)
		json_object_set(schema, "required", required);
	json_decref(required);
	return schema;
}

/* The properties of the section that a key is in: the map that is open at "store" for "store.limit". */
static json_t *open_section(json_t *properties, const char *name)
{
	AUTO(freep) char *section = xstrndup(name, strcspn(name, "."));
	json_t *schema = json_object_get(properties, section);

	if (!schema) {
		schema = map_schema(json_object());
		json_object_set_new(schema, "type", types("object", "null"));
		json_object_set_new(properties, section, schema);
	}
	return json_object_get(schema, "properties");
}

json_t *config_schema(enum config_place place)
{
	json_t *properties = json_object(), *schema = json_object(), *map = map_schema(properties);

	json_set_string(schema, "$schema", DIALECT);
	json_set_string(schema, "title",
			place == CONFIG_PROJECT ? "edgectl.yaml: what edgectl knows of a project"
						: "config.yaml: what edgectl knows of its user");
	CONFIG_KEY_FOREACH(key, config_keys) {
		const char *dot = strchr(key->name, '.');

		if (!(key->places & (unsigned)place))
			continue;
		json_object_set_new(dot ? open_section(properties, key->name) : properties,
				    dot ? dot + 1 : key->name, described(key));
	}
	json_object_update(schema, map);
	json_object_set_new(schema, "type", types("object", "null"));
	json_decref(map);
	return schema;
}
