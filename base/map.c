#include "base/map.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/vec.h"

/* Below this many items a scan is as fast as a hash. */
#define INDEX_FROM 16

struct strmap_index {
	const char *key; /* the item's */
	size_t position;
	UT_hash_handle hh;
};

static void index_add(struct strmap *map, size_t position)
{
	struct strmap_index *entry = xcalloc(1, sizeof(*entry));
	const char *key = map->items[position].key;

	entry->key = key;
	entry->position = position;
	HASH_ADD_KEYPTR(hh, map->index, key, strlen(key), entry);
}

static void index_clear(struct strmap *map)
{
	struct strmap_index *entry = map->index, *next = NULL;

	HASH_CLEAR(hh, map->index);
	for (; entry; entry = next) {
		next = entry->hh.next;
		free(entry);
	}
}

static void index_remove(struct strmap *map, size_t position)
{
	const char *key = map->items[position].key;
	struct strmap_index *entry = NULL;

	HASH_FIND(hh, map->index, key, strlen(key), entry);
	if (!entry)
		return;
	HASH_DEL(map->index, entry);
	free(entry);
	for (entry = map->index; entry; entry = entry->hh.next)
		if (entry->position > position)
			entry->position--;
}

static struct strmap_item *find(const struct strmap *map, const char *key)
{
	struct strmap_index *entry = NULL;

	if (map->index) {
		HASH_FIND(hh, map->index, key, strlen(key), entry);
		return entry ? &map->items[entry->position] : NULL;
	}
	VEC_FOREACH(item, map)
		if (!strcmp(item->key, key))
			return item;
	return NULL;
}

void strmap_release(struct strmap *map)
{
	index_clear(map);
	VEC_FOREACH(item, map) {
		free(item->key);
		free(item->value);
	}
	free(map->items);
	*map = (struct strmap)STRMAP_INIT;
}

static void append(struct strmap *map, const char *key, const char *value)
{
	*VEC_ADD(map) =
		(struct strmap_item){ .key = xstrdup(key), .value = xstrdup_or_null(value) };
	if (map->index)
		index_add(map, map->len - 1);
	else if (map->len >= INDEX_FROM)
		for (size_t i = 0; i < map->len; i++)
			index_add(map, i);
}

void strmap_set(struct strmap *map, const char *key, const char *value)
{
	struct strmap_item *item = find(map, key);
	char *copy = NULL;

	if (!item) {
		append(map, key, value);
		return;
	}
	/* Copied first: the new value may be the old one. */
	copy = xstrdup_or_null(value);
	free(item->value);
	item->value = copy;
}

const char *strmap_get(const struct strmap *map, const char *key)
{
	const struct strmap_item *item = find(map, key);

	return item ? item->value : NULL;
}

const struct strmap_item *strmap_find(const struct strmap *map, const char *key)
{
	return find(map, key);
}

bool strmap_has(const struct strmap *map, const char *key)
{
	return find(map, key) != NULL;
}

bool strmap_remove(struct strmap *map, const char *key)
{
	struct strmap_item *item = find(map, key);
	size_t position = 0;

	if (!item)
		return false;
	position = (size_t)(item - map->items);
	index_remove(map, position);
	free(item->key);
	free(item->value);
	memmove(item, item + 1, (map->len - position - 1) * sizeof(*item));
	map->len--;
	return true;
}

void strmap_set_all(struct strmap *map, const struct strmap *other)
{
	if (map == other)
		return;
	VEC_FOREACH(item, other)
		strmap_set(map, item->key, item->value);
}

void strmap_set_pair(struct strmap *map, const char *pair)
{
	struct span rest = span_of(pair);
	struct span head = { 0 };
	AUTO(freep) char *key = NULL;
	bool has_value = span_cut(&rest, '=', &head);

	key = span_dup(head);
	strmap_set(map, key, has_value ? rest.ptr : NULL);
}
