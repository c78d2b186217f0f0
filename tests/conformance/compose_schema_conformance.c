/* compose: the tables of attributes say what the specification's JSON schema says. */
#include <stdio.h>

#include "attr.h"
#include "base/alloc.h"
#include "base/json.h"
#include "suite.h"

#define DEPTH_MAX 16

struct check {
	struct suite *suite;
	const json_t *definitions;
};

static const json_t *resolve(const struct check *check, const json_t *schema)
{
	const char *ref = json_get_string(schema, "$ref");

	/* "#/$defs/NAME" */
	return ref ? json_object_get(check->definitions, strrchr(ref, '/') + 1) : schema;
}

static unsigned type_bits(const char *type)
{
	static const struct {
		const char *name;
		unsigned bits;
	} types[] = {
		{ "null", YAML_BIT(YAML_NULL) },
		{ "boolean", YAML_BIT(YAML_BOOL) },
		{ "integer", YAML_BIT(YAML_INT) },
		{ "number", YAML_BIT(YAML_INT) | YAML_BIT(YAML_FLOAT) },
		{ "string", YAML_BIT(YAML_STRING) },
		{ "array", YAML_BIT(YAML_LIST) },
		{ "object", YAML_BIT(YAML_MAP) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(types[i].name, type))
			return types[i].bits;
	return 0;
}

/* All types that a schema without alternatives takes. */
static unsigned types_of(const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type");
	unsigned bits = 0;
	json_t *item = NULL;
	size_t i = 0;

	if (json_is_string(type))
		return type_bits(json_string_value(type));
	json_array_foreach((json_t *)type, i, item) bits |= type_bits(json_string_value(item));
	return bits;
}

static void compare(struct check *check, const struct attr *attr, const json_t *schema,
		    const char *where, unsigned depth);

static void compare_below(struct check *check, const struct attr *attr, const json_t *schema,
			  const char *where, const char *name, unsigned depth)
{
	AUTO(freep) char *place = xasprintf("%s.%s", where, name);

	suite_case(check->suite, attr != NULL, place, "is not in the table");
	if (attr)
		compare(check, attr, schema, place, depth + 1);
}

static bool is_required(const json_t *schema, const char *name)
{
	json_t *item = NULL;
	size_t i = 0;

	json_array_foreach(json_object_get(schema, "required"), i,
			   item) if (str_eq(json_string_value(item), name)) return true;
	return false;
}

static void compare_fields(struct check *check, const struct attr *attr, const json_t *schema,
			   const char *where, unsigned depth)
{
	const json_t *properties = json_object_get(schema, "properties");
	const char *name = NULL;
	json_t *property = NULL;

	json_object_foreach((json_t *)properties, name, property)
		compare_below(check, attr_member(attr, name), property, where, name, depth);
	for (const struct attr *field = attr->fields; field && field->name; field++) {
		suite_case(check->suite, json_object_get(properties, field->name) != NULL, where,
			   "the table has '%s'", field->name);
		suite_case(check->suite,
			   is_required(schema, field->name) == !!(field->flags & ATTR_REQUIRED),
			   where, "is '%s' required?", field->name);
	}
}

/* Which keys there may be besides: none, "x-...", any. */
static void compare_closed(struct check *check, const struct attr *attr, const json_t *schema,
			   const char *where)
{
	bool takes_extensions =
		json_object_get(json_object_get(schema, "patternProperties"), "^x-") != NULL;
	bool takes_all = !json_is_false(json_object_get(schema, "additionalProperties"));

	suite_case(check->suite, takes_all == !!(attr->flags & ATTR_OPEN), where,
		   "does it take all keys?");
	suite_case(check->suite, takes_all || takes_extensions == !(attr->flags & ATTR_CLOSED),
		   where, "does it take extensions?");
}

static void compare_object(struct check *check, const struct attr *attr, const json_t *schema,
			   const char *where, unsigned depth)
{
	const char *pattern = NULL;
	json_t *values = NULL;

	if (json_object_get(schema, "properties")) {
		compare_fields(check, attr, schema, where, depth);
		/* The document's own extensions are known by their names; include is kinder. */
		if (depth > 0 && strcmp(where, ".include.[]") != 0)
			compare_closed(check, attr, schema, where);
	}
	json_object_foreach(json_object_get(schema, "patternProperties"), pattern,
			    values) if (strcmp(pattern, "^x-") != 0)
		compare_below(check, attr->values, values, where, "*", depth);
}

static void compare_array(struct check *check, const struct attr *attr, const json_t *schema,
			  const char *where, unsigned depth)
{
	compare_below(check, attr->items, json_object_get(schema, "items"), where, "[]", depth);
	suite_case(check->suite,
		   json_is_true(json_object_get(schema, "uniqueItems")) ==
			   !!(attr->flags & ATTR_UNIQUE_ITEMS),
		   where, "must its items be unique?");
}

static void compare_words(struct check *check, const struct attr *attr, const json_t *schema,
			  const char *where)
{
	const json_t *words = json_object_get(schema, "enum");
	json_t *word = NULL;
	size_t i = 0, count = 0;

	while (attr->one_of && attr->one_of[count])
		count++;
	suite_case(check->suite, count == json_array_size(words), where, "%zu words, not %zu",
		   count, json_array_size(words));
	json_array_foreach((json_t *)words, i, word) suite_case(
		check->suite, i < count && str_eq(attr->one_of[i], json_string_value(word)), where,
		"the word '%s'", json_string_value(word));
}

/* One of the alternatives; returns the types it takes. */
static unsigned compare_one(struct check *check, const struct attr *attr, const json_t *schema,
			    const char *where, unsigned depth)
{
	unsigned types = 0;

	schema = resolve(check, schema);
	types = types_of(schema);
	if (types & YAML_BIT(YAML_MAP))
		compare_object(check, attr, schema, where, depth);
	if (types & YAML_BIT(YAML_LIST))
		compare_array(check, attr, schema, where, depth);
	if (types & YAML_BIT(YAML_STRING) && json_object_get(schema, "enum"))
		compare_words(check, attr, schema, where);
	if (json_object_get(schema, "minimum"))
		suite_case(check->suite,
			   attr->has_range && attr->min == json_get_int(schema, "minimum", 0) &&
				   attr->max == json_get_int(schema, "maximum", INT64_MAX),
			   where, "another range");
	return types;
}

static void compare(struct check *check, const struct attr *attr, const json_t *schema,
		    const char *where, unsigned depth)
{
	const json_t *alternatives = NULL;
	unsigned types = 0;
	json_t *one = NULL;
	size_t i = 0;

	if (depth == DEPTH_MAX)
		return;
	schema = resolve(check, schema);
	alternatives = json_object_get(schema, "oneOf");
	json_array_foreach((json_t *)alternatives, i, one)
	{
		const json_t *nested = json_object_get(resolve(check, one), "oneOf");

		if (nested)
			compare(check, attr, one, where, depth);
		types |= compare_one(check, attr, one, where, depth);
		for (size_t j = 0; j < json_array_size(nested); j++)
			types |= types_of(resolve(check, json_array_get(nested, j)));
	}
	if (!alternatives)
		types = compare_one(check, attr, schema, where, depth);
	/* Taken out before the schema is looked at: the reference accepts null. */
	if (strcmp(where, ".include") == 0)
		types |= YAML_BIT(YAML_NULL);
	suite_case(check->suite, types == attr->types, where, "the types %#x, not %#x", attr->types,
		   types);
}

int main(void)
{
	struct suite suite = { .name = "compose-schema" };
	json_t *schema = suite_load("compose/schema/compose-spec.json");
	struct check check = { .suite = &suite, .definitions = json_object_get(schema, "$defs") };

	if (schema)
		compare(&check, &attr_document, schema, "", 0);
	json_decref(schema);
	return suite_end(&suite);
}
