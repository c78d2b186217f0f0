/* Items of a list that mean the same thing: the last one said takes the place of the first. */
#include "base/path.h"
#include "loader.h"
#include "short.h"

static const char *before_equals(struct arena *arena, const struct yaml *item)
{
	const char *text = yaml_scalar_text(arena, item);
	size_t len = text ? strcspn(text, "=") : 0;

	return text ? arena_strndup(arena, text, len) : NULL;
}

static const char *cleaned(struct arena *arena, const char *target)
{
	AUTO(freep) char *clean = target ? path_clean(target) : NULL;

	return clean ? arena_strdup(arena, clean) : NULL;
}

static const char *mount_target(struct arena *arena, const struct yaml *item)
{
	struct yaml *mount = NULL;

	if (item->kind == YAML_MAP)
		return cleaned(arena, yaml_get_text(item, "target"));
	if (item->kind != YAML_STRING || short_volume(arena, item, &mount, NULL) < 0)
		return NULL;
	return cleaned(arena, yaml_get_text(mount, "target"));
}

static const char *device_target(struct arena *arena, const struct yaml *item)
{
	const char *text = item->kind == YAML_STRING ? item->text : NULL;
	const char *colon = text ? strchr(text, ':') : NULL;

	if (item->kind == YAML_MAP)
		return yaml_get_text(item, "target") ?: yaml_get_text(item, "source");
	return colon ? arena_strndup(arena, colon + 1, strcspn(colon + 1, ":")) : text;
}

static const char *member_text(struct arena *arena, const struct yaml *map, const char *key,
			       const char *otherwise)
{
	const struct yaml *value = yaml_get(map, key);

	return value ? yaml_scalar_text(arena, value) : otherwise;
}

static const char *port_key(struct arena *arena, const struct yaml *item)
{
	if (item->kind != YAML_MAP)
		return yaml_scalar_text(arena, item);
	return arena_printf(arena, "%s:%s:%s/%s", member_text(arena, item, "host_ip", "0.0.0.0"),
			    member_text(arena, item, "published", ""),
			    member_text(arena, item, "target", ""),
			    member_text(arena, item, "protocol", "tcp"));
}

static const char *source_target(struct arena *arena, const struct yaml *item, const char *below)
{
	const char *source = item->kind == YAML_STRING ? item->text : yaml_get_text(item, "source");
	const char *target = yaml_get_text(item, "target");

	if (target)
		return target;
	return source ? arena_printf(arena, "%s/%s", below, source) : NULL;
}

/* NULL = this item is like no other. */
static const char *item_key(struct arena *arena, const struct yaml *item, enum unique rule)
{
	switch (rule) {
	case UNIQUE_NO: return NULL;
	case UNIQUE_KEY: return before_equals(arena, item);
	case UNIQUE_TARGET: return mount_target(arena, item);
	case UNIQUE_DEVICE: return device_target(arena, item);
	case UNIQUE_PORT: return port_key(arena, item);
	case UNIQUE_SECRET: return source_target(arena, item, "/run/secrets");
	case UNIQUE_CONFIG: return source_target(arena, item, "");
	case UNIQUE_PATH:
		return item->kind == YAML_STRING ? item->text : yaml_get_text(item, "path");
	}
	return NULL;
}

static void list_apply(struct arena *arena, struct yaml *list, enum unique rule)
{
	struct yaml *seen = yaml_new(arena, YAML_MAP, NULL);
	size_t len = 0;

	YAML_EACH_ITEM(item, list) {
		const char *key = item_key(arena, *item, rule);
		const struct yaml *first = key ? yaml_get(seen, key) : NULL;

		if (first) {
			list->list.items[first->integer] = *item;
			continue;
		}
		if (key)
			yaml_set(arena, seen, key, yaml_new_int(arena, (int64_t)len, NULL));
		list->list.items[len++] = *item;
	}
	list->list.len = len;
}

void unique_apply(struct arena *arena, struct yaml *tree, const struct attr *attr)
{
	if (!attr)
		return;
	if (tree->kind == YAML_LIST && attr->unique != UNIQUE_NO && tree->list.len > 1)
		list_apply(arena, tree, attr->unique);
	YAML_EACH_ITEM(item, tree)
		unique_apply(arena, *item, attr->items);
	YAML_EACH_ENTRY(entry, tree)
		unique_apply(arena, entry->value, attr_member(attr, entry->key));
}
