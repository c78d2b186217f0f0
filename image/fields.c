#include "fields.h"

#include <string.h>

#include "base/json.h"

/* *ret is NULL when the member is absent and may be. */
static int get(const json_t *object, const char *key, enum field_presence presence, json_t **ret,
	       struct err *err)
{
	json_t *value = json_object_get(object, key);

	*ret = json_is_null(value) ? NULL : value;
	if (!*ret && presence == FIELD_REQUIRED)
		return err_set(err, ERR_INPUT, "'%s' is missing", key);
	return 0;
}

static int wrong_type(const char *key, const char *wanted, struct err *err)
{
	return err_set(err, ERR_INPUT, "'%s' is not %s", key, wanted);
}

int field_string(const json_t *object, const char *key, enum field_presence presence,
		 const char **ret, struct err *err)
{
	json_t *value = NULL;

	*ret = NULL;
	if (get(object, key, presence, &value, err) < 0)
		return -1;
	if (value && !json_is_string(value))
		return wrong_type(key, "a string", err);
	*ret = json_string_value(value);
	return 0;
}

int field_object(const json_t *object, const char *key, enum field_presence presence, json_t **ret,
		 struct err *err)
{
	if (get(object, key, presence, ret, err) < 0)
		return -1;
	return *ret && !json_is_object(*ret) ? wrong_type(key, "an object", err) : 0;
}

int field_array(const json_t *object, const char *key, enum field_presence presence, json_t **ret,
		struct err *err)
{
	if (get(object, key, presence, ret, err) < 0)
		return -1;
	return *ret && !json_is_array(*ret) ? wrong_type(key, "an array", err) : 0;
}

int field_integer(const json_t *object, const char *key, enum field_presence presence, int64_t *ret,
		  struct err *err)
{
	json_t *value = NULL;

	*ret = 0;
	if (get(object, key, presence, &value, err) < 0)
		return -1;
	if (value && !json_is_integer(value))
		return wrong_type(key, "a whole number", err);
	*ret = json_integer_value(value);
	return 0;
}

int field_digest(const json_t *object, const char *key, struct digest *ret, struct err *err)
{
	const char *text = NULL;

	if (field_string(object, key, FIELD_REQUIRED, &text, err) < 0)
		return -1;
	return digest_parse(text, ret, err);
}

int field_text(const json_t *object, const char *key, char **ret, struct err *err)
{
	const char *text = NULL;

	if (field_string(object, key, FIELD_OPTIONAL, &text, err) < 0)
		return -1;
	*ret = xstrdup_or_null(text);
	return 0;
}

int field_strings(const json_t *object, const char *key, struct strvec *ret, bool *ret_is_set,
		  struct err *err)
{
	json_t *array = NULL, *item;
	size_t i;

	if (field_array(object, key, FIELD_OPTIONAL, &array, err) < 0)
		return -1;
	if (ret_is_set)
		*ret_is_set = array != NULL;
	json_array_foreach(array, i, item)
	{
		if (!json_is_string(item))
			return wrong_type(key, "an array of strings", err);
		strvec_add(ret, json_string_value(item));
	}
	return 0;
}

int field_map(const json_t *object, const char *key, struct strmap *ret, struct err *err)
{
	json_t *map = NULL, *value;
	const char *name;

	if (field_object(object, key, FIELD_OPTIONAL, &map, err) < 0)
		return -1;
	json_object_foreach(map, name, value)
	{
		if (!json_is_string(value))
			return wrong_type(key, "an object of strings", err);
		strmap_set(ret, name, json_string_value(value));
	}
	return 0;
}

int field_set(const json_t *object, const char *key, struct strmap *ret, struct err *err)
{
	json_t *map = NULL, *value;
	const char *name;

	if (field_object(object, key, FIELD_OPTIONAL, &map, err) < 0)
		return -1;
	json_object_foreach(map, name, value)
	{
		if (!json_is_object(value) && !json_is_null(value))
			return wrong_type(key, "an object of empty objects", err);
		strmap_set(ret, name, NULL);
	}
	return 0;
}

void put_text(json_t *object, const char *key, const char *value)
{
	if (value)
		json_set_string(object, key, value);
}

static int compare_keys(const void *a, const void *b)
{
	const struct strmap_item *left = a, *right = b;

	return strcmp(left->key, right->key);
}

/* The items sorted by key, borrowing their texts; the caller frees the array. */
static struct strmap_item *sorted_items(const struct strmap *map)
{
	struct strmap_item *items = xreallocarray(NULL, map->len + 1, sizeof(*items));

	for (size_t i = 0; i < map->len; i++)
		items[i] = map->items[i];
	qsort(items, map->len, sizeof(*items), compare_keys);
	return items;
}

void put_map(json_t *object, const char *key, const struct strmap *map)
{
	AUTO(freep) struct strmap_item *items = sorted_items(map);
	json_t *out = map->len ? json_object() : NULL;

	for (size_t i = 0; i < map->len; i++)
		json_set_string(out, items[i].key, items[i].value ? items[i].value : "");
	if (out)
		json_object_set_new(object, key, out);
}

void put_set(json_t *object, const char *key, const struct strmap *map)
{
	AUTO(freep) struct strmap_item *items = sorted_items(map);
	json_t *out = map->len ? json_object() : NULL;

	for (size_t i = 0; i < map->len; i++)
		json_object_set_new(out, items[i].key, json_object());
	if (out)
		json_object_set_new(object, key, out);
}
