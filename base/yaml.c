#include "base/yaml.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

/* Below this many keys a scan is as fast as a hash. */
#define INDEX_FROM ((size_t)16)

struct yaml *yaml_new(struct arena *arena, enum yaml_kind kind, const struct yaml *at)
{
	struct yaml *node = arena_alloc(arena, sizeof(*node));

	node->kind = kind;
	if (at)
		node->mark = at->mark;
	return node;
}

struct yaml *yaml_new_string(struct arena *arena, const char *text, const struct yaml *at)
{
	struct yaml *node = yaml_new(arena, YAML_STRING, at);

	node->text = arena_strdup(arena, text);
	return node;
}

struct yaml *yaml_new_stringf(struct arena *arena, const struct yaml *at, const char *fmt, ...)
{
	AUTO(str_release) struct str text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	return yaml_new_string(arena, text.ptr, at);
}

struct yaml *yaml_new_int(struct arena *arena, int64_t integer, const struct yaml *at)
{
	struct yaml *node = yaml_new(arena, YAML_INT, at);

	node->integer = integer;
	return node;
}

struct yaml *yaml_new_bool(struct arena *arena, bool boolean, const struct yaml *at)
{
	struct yaml *node = yaml_new(arena, YAML_BOOL, at);

	node->boolean = boolean;
	return node;
}

struct yaml *yaml_copy(struct arena *arena, const struct yaml *node)
{
	struct yaml *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *node;
	if (node->kind == YAML_LIST) {
		copy->list.items = NULL;
		copy->list.len = copy->list.cap = 0;
		YAML_EACH_ITEM(item, node)
			yaml_append(arena, copy, yaml_copy(arena, *item));
	} else if (node->kind == YAML_MAP) {
		copy->map.cap = copy->map.len;
		copy->map.index = NULL;
		copy->map.index_len = 0;
		copy->map.items = arena_alloc(arena, copy->map.len * sizeof(*copy->map.items));
		for (size_t i = 0; i < copy->map.len; i++) {
			copy->map.items[i] = node->map.items[i];
			copy->map.items[i].value = yaml_copy(arena, node->map.items[i].value);
		}
	}
	return copy;
}

static bool same_list(const struct yaml *a, const struct yaml *b)
{
	if (a->list.len != b->list.len)
		return false;
	for (size_t i = 0; i < a->list.len; i++)
		if (!yaml_equal(a->list.items[i], b->list.items[i]))
			return false;
	return true;
}

static bool same_map(const struct yaml *a, const struct yaml *b)
{
	if (a->map.len != b->map.len)
		return false;
	YAML_EACH_ENTRY(entry, a) {
		const struct yaml *other = yaml_get(b, entry->key);

		if (!other || !yaml_equal(entry->value, other))
			return false;
	}
	return true;
}

bool yaml_equal(const struct yaml *a, const struct yaml *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case YAML_NULL: return true;
	case YAML_BOOL: return a->boolean == b->boolean;
	case YAML_INT: return a->integer == b->integer;
	case YAML_FLOAT:
		return a->real.number == b->real.number && str_eq(a->real.digits, b->real.digits);
	case YAML_STRING: return !strcmp(a->text, b->text);
	case YAML_LIST: return same_list(a, b);
	case YAML_MAP: return same_map(a, b);
	}
	return false;
}

/* FNV-1a. */
static uint32_t hash_key(const char *key)
{
	uint32_t hash = 2166136261U;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619U;
	return hash;
}

/* Slots hold the position + 1; 0 = free. Its length is a power of two, at least twice the keys. */
static void index_add(struct yaml *map, size_t position)
{
	size_t mask = map->map.index_len - 1;
	size_t slot = hash_key(map->map.items[position].key) & mask;

	while (map->map.index[slot])
		slot = (slot + 1) & mask;
	map->map.index[slot] = (uint32_t)position + 1;
}

static void index_build(struct arena *arena, struct yaml *map)
{
	size_t len = INDEX_FROM * 4;

	while (len < map->map.len * 4)
		len *= 2;
	map->map.index = arena_alloc(arena, len * sizeof(*map->map.index));
	map->map.index_len = len;
	for (size_t i = 0; i < map->map.len; i++)
		index_add(map, i);
}

static struct yaml_entry *index_find(const struct yaml *map, const char *key)
{
	size_t mask = map->map.index_len - 1;

	for (size_t slot = hash_key(key) & mask; map->map.index[slot]; slot = (slot + 1) & mask) {
		struct yaml_entry *entry = &map->map.items[map->map.index[slot] - 1];

		if (!strcmp(entry->key, key))
			return entry;
	}
	return NULL;
}

struct yaml_entry *yaml_entry(const struct yaml *map, const char *key)
{
	if (!yaml_is(map, YAML_MAP))
		return NULL;
	if (map->map.index)
		return index_find(map, key);
	YAML_EACH_ENTRY(entry, map)
		if (!strcmp(entry->key, key))
			return entry;
	return NULL;
}

struct yaml *yaml_get(const struct yaml *map, const char *key)
{
	struct yaml_entry *entry = yaml_entry(map, key);

	return entry ? entry->value : NULL;
}

bool yaml_has(const struct yaml *map, const char *key)
{
	return yaml_entry(map, key) != NULL;
}

const char *yaml_get_text(const struct yaml *map, const char *key)
{
	const struct yaml *value = yaml_get(map, key);

	return yaml_is(value, YAML_STRING) ? value->text : NULL;
}

static struct yaml_entry *add_entry(struct arena *arena, struct yaml *map)
{
	return arena_grow_(arena, (void **)&map->map.items, &map->map.len, &map->map.cap,
			   sizeof(*map->map.items));
}

void yaml_set_entry(struct arena *arena, struct yaml *map, const struct yaml_entry *entry)
{
	struct yaml_entry *there = yaml_entry(map, entry->key);

	if (there) {
		there->value = entry->value;
		there->mark = entry->mark;
		return;
	}
	*add_entry(arena, map) = *entry;
	if (map->map.index && map->map.len * 2 < map->map.index_len)
		index_add(map, map->map.len - 1);
	else if (map->map.len >= INDEX_FROM)
		index_build(arena, map);
}

void yaml_set(struct arena *arena, struct yaml *map, const char *key, struct yaml *value)
{
	struct yaml_entry *there = yaml_entry(map, key);
	struct yaml_entry entry = { .value = value, .mark = value->mark };

	if (there) {
		there->value = value;
		return;
	}
	entry.key = arena_strdup(arena, key);
	yaml_set_entry(arena, map, &entry);
}

void yaml_remove(struct yaml *map, const char *key)
{
	struct yaml_entry *entry = yaml_entry(map, key);
	size_t position = 0;

	if (!entry)
		return;
	position = (size_t)(entry - map->map.items);
	map->map.len--;
	memmove(entry, entry + 1, (map->map.len - position) * sizeof(*entry));
	/* Made again by the next addition. */
	map->map.index = NULL;
	map->map.index_len = 0;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct yaml_entry *)a)->key, ((const struct yaml_entry *)b)->key);
}

void yaml_sort(struct yaml *map)
{
	if (yaml_len(map) < 2)
		return;
	qsort(map->map.items, map->map.len, sizeof(*map->map.items), compare_keys);
	if (!map->map.index)
		return;
	memset(map->map.index, 0, map->map.index_len * sizeof(*map->map.index));
	for (size_t i = 0; i < map->map.len; i++)
		index_add(map, i);
}

void yaml_append(struct arena *arena, struct yaml *list, struct yaml *item)
{
	*ARENA_ADD(arena, &list->list) = item;
}

size_t yaml_len(const struct yaml *node)
{
	if (yaml_is(node, YAML_LIST))
		return node->list.len;
	return yaml_is(node, YAML_MAP) ? node->map.len : 0;
}

const char *yaml_kind_name(enum yaml_kind kind)
{
	static const char *const names[] = {
		[YAML_NULL] = "null",      [YAML_BOOL] = "a boolean",  [YAML_INT] = "an integer",
		[YAML_FLOAT] = "a number", [YAML_STRING] = "a string", [YAML_LIST] = "a list",
		[YAML_MAP] = "a mapping",
	};

	return names[kind];
}

struct diag *yaml_problem(const struct yaml_mark *mark, enum diag_level level, const char *fmt, ...)
{
	AUTO(str_release) struct str text = STR_INIT;
	va_list ap;

	if (!mark->file)
		return NULL;
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	return diags_add(mark->file, level, mark->line, mark->column, mark->length, "%s", text.ptr);
}
