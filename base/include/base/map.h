/*
 * A map from strings to strings that keeps the order of insertion: environments, labels, build
 * arguments. Keys are unique; setting a key again keeps its place.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct strmap_item {
	char *key;
	char *value; /* may be NULL: the key is there without a value */
};

struct strmap_index; /* hash over the items, built when the map is large */

struct strmap {
	struct strmap_item *items;
	size_t len, cap;
	struct strmap_index *index;
};

#define STRMAP_INIT           \
	{                     \
		.items = NULL \
	}

void strmap_release(struct strmap *map);
void strmap_set(struct strmap *map, const char *key, const char *value);
/*
 * NULL when the key is absent, and when its value is NULL: strmap_has() tells. Borrowed until the
 * next change.
 */
const char *strmap_get(const struct strmap *map, const char *key);
/* Key and value; NULL when it is absent. Borrowed until the next change. */
const struct strmap_item *strmap_find(const struct strmap *map, const char *key);
bool strmap_has(const struct strmap *map, const char *key);
/* Keeps the order of the others; false when the key was not there. */
bool strmap_remove(struct strmap *map, const char *key);
void strmap_set_all(struct strmap *map, const struct strmap *other);
/* Splits "KEY=VALUE"; without '=' the value is NULL. */
void strmap_set_pair(struct strmap *map, const char *pair);

#endif
