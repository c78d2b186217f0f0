#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"

void setting_changes_release(struct setting_changes *changes)
{
	VEC_FOREACH(change, changes) {
		free(change->key);
		free(change->before);
		free(change->after);
	}
	free(changes->items);
	*changes = (struct setting_changes){ .items = NULL };
}

/* --- values in one line; their depth is that of a file that was read --- */

static void add_value(struct arena *arena, const struct yaml *node, struct str *out);

static void add_list(struct arena *arena, const struct yaml *list, struct str *out)
{
	const char *separator = "";

	str_addc(out, '[');
	YAML_EACH_ITEM(item, list) {
		str_add(out, separator);
		add_value(arena, *item, out);
		separator = ", ";
	}
	str_addc(out, ']');
}

static void add_map(struct arena *arena, const struct yaml *map, struct str *out)
{
	const char *separator = "";

	str_addc(out, '{');
	YAML_EACH_ENTRY(entry, map) {
		str_addf(out, "%s%s: ", separator, entry->key);
		add_value(arena, entry->value, out);
		separator = ", ";
	}
	str_addc(out, '}');
}

static void add_value(struct arena *arena, const struct yaml *node, struct str *out)
{
	if (yaml_is(node, YAML_LIST))
		add_list(arena, node, out);
	else if (yaml_is(node, YAML_MAP))
		add_map(arena, node, out);
	else
		str_add(out, yaml_scalar_text(arena, node));
}

static char *value_text(const struct yaml *node)
{
	AUTO(arena_freep) struct arena *arena = NULL;
	struct str out = STR_INIT;

	if (!node)
		return NULL;
	arena = arena_new();
	add_value(arena, node, &out);
	return str_detach(&out);
}

/* --- comparing --- */

static bool is_among(const char *key, const char *const *names)
{
	for (; *names; names++) {
		if (strcmp(key, *names) == 0)
			return true;
	}
	return false;
}

/* Whose entries say more than the whole. */
static bool is_deep(const char *key)
{
	static const char *const deep[] = { "environment", "labels",  "networks", "volumes",
					    "configs",     "secrets", "services", NULL };

	return is_among(key, deep);
}

static void compare_one(const char *key, const struct yaml *before, const struct yaml *after,
			const char *prefix, struct setting_changes *out)
{
	static const char *const none[] = { NULL };

	if (before && after && yaml_equal(before, after))
		return;
	if (is_deep(key) && (!before || yaml_is(before, YAML_MAP)) &&
	    (!after || yaml_is(after, YAML_MAP))) {
		AUTO(freep) char *deeper = xasprintf("%s%s.", prefix, key);

		settings_compare(before, after, deeper, none, out);
		return;
	}
	*VEC_ADD(out) = (struct setting_change){ .key = xasprintf("%s%s", prefix, key),
						 .before = value_text(before),
						 .after = value_text(after) };
}

void settings_compare(const struct yaml *before, const struct yaml *after, const char *prefix,
		      const char *const *except, struct setting_changes *out)
{
	YAML_EACH_ENTRY(entry, before) {
		if (!is_among(entry->key, except))
			compare_one(entry->key, entry->value, yaml_get(after, entry->key), prefix,
				    out);
	}
	YAML_EACH_ENTRY(entry, after) {
		if (!is_among(entry->key, except) && !yaml_has(before, entry->key))
			compare_one(entry->key, NULL, entry->value, prefix, out);
	}
}
