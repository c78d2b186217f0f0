/*
 * !reset and !override: what they are put on is deleted from what was merged before; a !reset
 * contributes nothing itself. Source: compose-spec 13-merge.md.
 */
#include "loader.h"

static bool has_tag(const struct yaml *node, const char *tag)
{
	return node->tag && !strcmp(node->tag, tag);
}

static void add_path(struct arena *arena, struct tagged *tagged, const struct place *place)
{
	struct tag_path *path = ARENA_ADD(arena, tagged);
	size_t len = 0;

	for (const struct place *at = place; at->up; at = at->up)
		len++;
	*path = (struct tag_path){ .keys = arena_alloc(arena, len * sizeof(*path->keys)),
				   .len = len };
	for (const struct place *at = place; at->up; at = at->up)
		path->keys[--len] = at->key;
}

/* Takes the tags below a node; true when the node itself is to go. */
static bool take(struct arena *arena, struct yaml *node, const struct place *place, bool in_list,
		 struct tagged *ret)
{
	bool is_reset = has_tag(node, "!reset");
	size_t len = 0;

	/* An item of a list cannot be told from those of another file. */
	if ((is_reset || has_tag(node, "!override")) && !in_list)
		add_path(arena, ret, place);
	if (is_reset)
		return true;
	YAML_EACH_ITEM(item, node) {
		const struct place here = { .up = place, .index = len };

		if (!take(arena, *item, &here, true, ret))
			node->list.items[len++] = *item;
	}
	if (node->kind == YAML_LIST)
		node->list.len = len;
	for (size_t i = 0; i < (node->kind == YAML_MAP ? node->map.len : 0);) {
		const struct yaml_entry *entry = &node->map.items[i];
		const struct place here = { .up = place, .key = entry->key };

		if (take(arena, entry->value, &here, in_list, ret))
			yaml_remove(node, entry->key);
		else
			i++;
	}
	return false;
}

void tags_take(struct loader *loader, struct yaml *document, struct tagged *ret)
{
	const struct place root = { .up = NULL };

	(void)take(loader->arena, document, &root, false, ret);
}

/* "KEY" and "KEY=value" of a list that could as well be a mapping. */
static void remove_pairs(struct yaml *list, const char *key)
{
	size_t len = 0;
	size_t key_len = strlen(key);

	YAML_EACH_ITEM(item, list) {
		const char *text = (*item)->kind == YAML_STRING ? (*item)->text : "";
		bool is_it = !strncmp(text, key, key_len) &&
			     (text[key_len] == '\0' || text[key_len] == '=');

		if (!is_it)
			list->list.items[len++] = *item;
	}
	list->list.len = len;
}

void tags_apply(const struct tagged *tagged, struct yaml *tree)
{
	for (size_t i = 0; i < tagged->len; i++) {
		const struct tag_path *path = &tagged->items[i];
		struct yaml *node = tree;

		for (size_t depth = 0; node && depth + 1 < path->len; depth++)
			node = yaml_get(node, path->keys[depth]);
		if (!node || !path->len)
			continue;
		if (node->kind == YAML_MAP)
			yaml_remove(node, path->keys[path->len - 1]);
		else if (node->kind == YAML_LIST)
			remove_pairs(node, path->keys[path->len - 1]);
	}
}
