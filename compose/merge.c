/* Overrides onto what was there. Source: compose-spec 13-merge.md. */
#include "loader.h"

static struct yaml *merge_member(struct arena *arena, struct yaml *base, struct yaml *other,
				 const struct attr *attr, const struct place *up, const char *key)
{
	/* Refused in the end, unless it is reset; until then a set, as in the reference. */
	static const struct attr unknown = { .flags = ATTR_UNIQUE_ITEMS };
	const struct place place = { .up = up, .key = key };
	const struct attr *member = attr_member(attr, key);

	if (!member && attr && attr->fields && !attr_is_extension(key))
		member = &unknown;
	return merge_trees(arena, base, other, member, &place);
}

static struct yaml *merge_maps(struct arena *arena, struct yaml *base, struct yaml *other,
			       const struct attr *attr, const struct place *place)
{
	YAML_EACH_ENTRY(entry, other) {
		struct yaml_entry *there = yaml_entry(base, entry->key);

		if (!there)
			yaml_set_entry(arena, base, entry);
		else
			there->value = merge_member(arena, there->value, entry->value, attr, place,
						    entry->key);
	}
	return base;
}

static bool holds(const struct yaml *list, size_t len, const struct yaml *item)
{
	for (size_t i = 0; i < len; i++)
		if (yaml_equal(list->list.items[i], item))
			return true;
	return false;
}

/* What a list must hold only once and has already is not added; the reference refuses it. */
static struct yaml *append_all(struct arena *arena, struct yaml *base, struct yaml *other,
			       bool once)
{
	size_t len = base->list.len;

	YAML_EACH_ITEM(item, other)
		if (!once || !holds(base, len, *item))
			yaml_append(arena, base, *item);
	return base;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp((*(struct yaml *const *)a)->text, (*(struct yaml *const *)b)->text);
}

static void add_pair(struct arena *arena, struct yaml *list, const char *key,
		     const struct yaml *value)
{
	if (value->kind == YAML_NULL) {
		yaml_append(arena, list, yaml_new_string(arena, key, value));
		return;
	}
	if (value->kind == YAML_LIST) {
		YAML_EACH_ITEM(item, value)
			add_pair(arena, list, key, *item);
		return;
	}
	yaml_append(arena, list,
		    yaml_new_stringf(arena, value, "%s=%s", key, value_text(arena, value)));
}

struct yaml *to_pairs_list(struct arena *arena, struct yaml *node)
{
	struct yaml *list = NULL;

	if (node->kind == YAML_LIST)
		return node;
	list = yaml_new(arena, YAML_LIST, node);
	if (node->kind != YAML_MAP)
		yaml_append(arena, list, node);
	YAML_EACH_ENTRY(entry, node)
		add_pair(arena, list, entry->key, entry->value);
	if (node->kind == YAML_MAP && list->list.len)
		qsort(list->list.items, list->list.len, sizeof(*list->list.items), compare_texts);
	return list;
}

static struct yaml *merge_hosts(struct arena *arena, struct yaml *base, struct yaml *other)
{
	struct yaml *list = to_pairs_list(arena, base);
	struct yaml *more = to_pairs_list(arena, other);

	YAML_EACH_ITEM(item, more)
		if (!holds(list, list->list.len, *item))
			yaml_append(arena, list, *item);
	return list;
}

/* "build: dir" as a mapping. */
struct yaml *to_build_map(struct arena *arena, struct yaml *node)
{
	struct yaml *map = NULL;

	if (node->kind != YAML_STRING)
		return node;
	map = yaml_new(arena, YAML_MAP, node);
	yaml_set(arena, map, "context", node);
	return map;
}

struct yaml *to_dependencies(struct arena *arena, struct yaml *node)
{
	struct yaml *map = NULL;

	if (node->kind != YAML_LIST)
		return node;
	map = yaml_new(arena, YAML_MAP, node);
	YAML_EACH_ITEM(item, node) {
		struct yaml *dependency = yaml_new(arena, YAML_MAP, *item);

		if ((*item)->kind != YAML_STRING)
			return node;
		yaml_set(arena, dependency, "condition",
			 yaml_new_string(arena, "service_started", *item));
		yaml_set(arena, dependency, "required", yaml_new_bool(arena, true, *item));
		yaml_set(arena, map, (*item)->text, dependency);
	}
	return map;
}

struct yaml *to_names_map(struct arena *arena, struct yaml *node)
{
	struct yaml *map = NULL;

	if (node->kind != YAML_LIST)
		return node;
	map = yaml_new(arena, YAML_MAP, node);
	YAML_EACH_ITEM(item, node) {
		if ((*item)->kind != YAML_STRING)
			return node;
		yaml_set(arena, map, (*item)->text, yaml_new(arena, YAML_NULL, *item));
	}
	return map;
}

/* Options of another driver would make no sense. */
static bool same_driver(const struct yaml *base, const struct yaml *other)
{
	const char *a = yaml_get_text(base, "driver");
	const char *b = yaml_get_text(other, "driver");

	return !a || !b || !strcmp(a, b);
}

static struct yaml *merge_subnets(struct arena *arena, struct yaml *base, struct yaml *other,
				  const struct attr *attr, const struct place *place)
{
	YAML_EACH_ITEM(item, other) {
		const char *subnet = yaml_get_text(*item, "subnet");
		struct yaml *same = NULL;

		YAML_EACH_ITEM(there, base)
			if (subnet && str_eq(yaml_get_text(*there, "subnet"), subnet))
				same = *there;
		if (same)
			(void)merge_maps(arena, same, *item, attr->items, place);
		else
			yaml_append(arena, base, *item);
	}
	return base;
}

static struct yaml *merge_by_kind(struct arena *arena, struct yaml *base, struct yaml *other,
				  const struct attr *attr, const struct place *place)
{
	bool once = attr && (attr->flags & ATTR_UNIQUE_ITEMS) && attr->unique == UNIQUE_NO;

	if (other->kind == YAML_NULL)
		return base;
	if (base->kind != YAML_MAP && base->kind != YAML_LIST)
		return other;
	if (base->kind != other->kind) {
		(void)place_problem(&other->mark, place, DIAG_ERROR, "cannot override %s with %s",
				    yaml_kind_name(base->kind), yaml_kind_name(other->kind));
		return base;
	}
	if (base->kind == YAML_MAP)
		return merge_maps(arena, base, other, attr, place);
	return append_all(arena, base, other, once);
}

struct yaml *merge_trees(struct arena *arena, struct yaml *base, struct yaml *other,
			 const struct attr *attr, const struct place *place)
{
	enum merge rule = attr ? attr->merge : MERGE_BY_KIND;

	if (rule == MERGE_REPLACE)
		return other;
	if (rule == MERGE_BY_KIND || other->kind == YAML_NULL)
		return merge_by_kind(arena, base, other, attr, place);
	if (base->kind == YAML_NULL)
		return other;
	switch (rule) {
	case MERGE_TO_LIST:
		return append_all(arena, to_pairs_list(arena, base), to_pairs_list(arena, other),
				  false);
	case MERGE_HOSTS: return merge_hosts(arena, base, other);
	case MERGE_BUILD:
		base = to_build_map(arena, base);
		other = to_build_map(arena, other);
		break;
	case MERGE_DEPENDS_ON:
		base = to_dependencies(arena, base);
		other = to_dependencies(arena, other);
		break;
	case MERGE_NAMES:
		base = to_names_map(arena, base);
		other = to_names_map(arena, other);
		break;
	case MERGE_DRIVER:
		if (!same_driver(base, other))
			return other;
		break;
	case MERGE_SUBNETS:
		if (base->kind == YAML_LIST && other->kind == YAML_LIST)
			return merge_subnets(arena, base, other, attr, place);
		break;
	case MERGE_BY_KIND:
	case MERGE_REPLACE: break;
	}
	return merge_by_kind(arena, base, other, attr, place);
}
