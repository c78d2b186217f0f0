/* Short forms written out, so that the later stages find one form only. */
#include "loader.h"
#include "short.h"

struct pass {
	struct arena *arena;
	bool lenient;
};

static void refuse(const struct pass *pass, const struct yaml *node, const struct place *place,
		   const struct err *err)
{
	if (!pass->lenient)
		place_problem_err(&node->mark, place, err);
}

static struct yaml *wrap(struct arena *arena, struct yaml *node, const char *key)
{
	struct yaml *map = NULL;

	if (node->kind != YAML_STRING)
		return node;
	map = yaml_new(arena, YAML_MAP, node);
	yaml_set(arena, map, key, node);
	return map;
}

static struct yaml *to_list(struct arena *arena, struct yaml *node)
{
	struct yaml *list = NULL;

	if (node->kind != YAML_STRING)
		return node;
	list = yaml_new(arena, YAML_LIST, node);
	yaml_append(arena, list, node);
	return list;
}

static void require_text(const struct pass *pass, const struct yaml *value, const struct place *up,
			 const char *key)
{
	const struct place place = { .up = up, .key = key };

	if (value->kind != YAML_STRING && !pass->lenient)
		(void)place_problem(&value->mark, &place, DIAG_ERROR,
				    "must be a string, and not %s", yaml_kind_name(value->kind));
}

/* NAME=VALUE items as a mapping. */
static struct yaml *expand_contexts(struct pass *pass, struct yaml *node, const struct place *place)
{
	struct yaml *map = node;
	size_t index = 0;

	if (node->kind == YAML_LIST) {
		map = yaml_new(pass->arena, YAML_MAP, node);
		YAML_EACH_ITEM(item, node) {
			const struct place here = { .up = place, .index = index++ };
			const char *text = yaml_scalar_text(pass->arena, *item) ?: "";
			const char *equals = strchr(text, '=');

			if (equals)
				yaml_set(pass->arena, map,
					 arena_strndup(pass->arena, text, (size_t)(equals - text)),
					 yaml_new_string(pass->arena, equals + 1, *item));
			else if (!pass->lenient)
				(void)place_problem(&(*item)->mark, &here, DIAG_ERROR,
						    "'%s' is not of the form NAME=VALUE", text);
		}
	}
	YAML_EACH_ENTRY(entry, map)
		require_text(pass, entry->value, place, entry->key);
	return map;
}

/* "ID=PATH", "default", or "ID: PATH", which is how it is printed. */
static bool is_ssh(struct arena *arena, struct yaml *item)
{
	const char *text = yaml_scalar_text(arena, item) ?: "";
	const char *colon = strstr(text, ": ");

	if (strchr(text, '=') || !strcmp(text, "default"))
		return true;
	if (!colon)
		return false;
	item->text = arena_printf(arena, "%.*s=%s", (int)(colon - text), text, colon + 2);
	return true;
}

static struct yaml *expand_ssh(struct pass *pass, struct yaml *node, const struct place *place)
{
	struct yaml *list = to_pairs_list(pass->arena, node);
	size_t index = 0;

	if (node->kind == YAML_MAP)
		return list;
	YAML_EACH_ITEM(item, list) {
		const struct place here = { .up = place, .index = index++ };

		if (!is_ssh(pass->arena, *item) && !pass->lenient)
			(void)place_problem(&(*item)->mark, &here, DIAG_ERROR,
					    "neither 'default' nor of the form ID=PATH: '%s'",
					    yaml_scalar_text(pass->arena, *item) ?: "");
	}
	return list;
}

static struct yaml *expand_dependencies(struct arena *arena, struct yaml *node)
{
	struct yaml *map = to_dependencies(arena, node);

	YAML_EACH_ENTRY(entry, map)
		if (entry->value->kind == YAML_MAP && !yaml_has(entry->value, "required"))
			yaml_set(arena, entry->value, "required",
				 yaml_new_bool(arena, true, entry->value));
	return map;
}

static struct yaml *expand_env_files(struct arena *arena, struct yaml *node)
{
	struct yaml *list = to_list(arena, node);

	YAML_EACH_ITEM(item, list) {
		*item = wrap(arena, *item, "path");
		if ((*item)->kind == YAML_MAP && !yaml_has(*item, "required"))
			yaml_set(arena, *item, "required", yaml_new_bool(arena, true, *item));
	}
	return list;
}

static struct yaml *expand_gpus(struct arena *arena, struct yaml *node)
{
	struct yaml *list = NULL;

	if (node->kind != YAML_STRING)
		return node;
	list = yaml_new(arena, YAML_LIST, node);
	yaml_append(arena, list, wrap(arena, node, "count"));
	return list;
}

static struct yaml *expand_ports(struct pass *pass, struct yaml *node, const struct place *place)
{
	struct yaml *list = yaml_new(pass->arena, YAML_LIST, node);
	bool has_failed = false;
	size_t index = 0;

	if (node->kind != YAML_LIST)
		return node;
	YAML_EACH_ITEM(item, node) {
		const struct place here = { .up = place, .index = index++ };
		AUTO(err_release) struct err err = ERR_INIT;

		if ((*item)->kind == YAML_MAP || (*item)->kind == YAML_LIST)
			yaml_append(pass->arena, list, *item);
		else if (short_ports(pass->arena, *item, list, &err) < 0) {
			refuse(pass, *item, &here, &err);
			yaml_append(pass->arena, list, *item);
			has_failed = true;
		}
	}
	/* Where one holds a variable, all stay as they are written. */
	return pass->lenient && has_failed ? node : list;
}

static struct yaml *expand_mount(struct pass *pass, struct yaml *node, const struct place *place,
				 int (*read)(struct arena *arena, const struct yaml *spec,
					     struct yaml **ret, struct err *err))
{
	AUTO(err_release) struct err err = ERR_INIT;
	struct yaml *map = node;

	if (node->kind == YAML_STRING && read(pass->arena, node, &map, &err) < 0)
		refuse(pass, node, place, &err);
	return map;
}

/* The older `external: {name: x}`. */
static struct yaml *expand_external(struct arena *arena, struct yaml *node,
				    const struct place *place)
{
	struct yaml *external = yaml_get(node, "external");
	struct yaml *name = yaml_get(external, "name");
	const char *own = yaml_get_text(node, "name");

	if (!yaml_is(external, YAML_MAP))
		return node;
	yaml_set(arena, node, "external", yaml_new_bool(arena, true, external));
	if (!yaml_is(name, YAML_STRING))
		return node;
	(void)place_problem(&name->mark, place, DIAG_WARNING,
			    "'external.name' is obsolete: write 'name' and 'external: true'");
	if (own && strcmp(own, name->text) != 0)
		(void)place_problem(&name->mark, place, DIAG_ERROR,
				    "'name' and 'external.name' differ: keep 'name' only");
	else if (!own)
		yaml_set(arena, node, "name", name);
	return node;
}

static struct yaml *expand_node(struct pass *pass, struct yaml *node, const struct attr *attr,
				const struct place *place)
{
	switch (attr->expand) {
	case EXPAND_NO: return node;
	case EXPAND_BUILD: return to_build_map(pass->arena, node);
	case EXPAND_CONTEXTS: return expand_contexts(pass, node, place);
	case EXPAND_SSH: return expand_ssh(pass, node, place);
	case EXPAND_DEPENDS_ON: return expand_dependencies(pass->arena, node);
	case EXPAND_NAMES: return to_names_map(pass->arena, node);
	case EXPAND_ENV_FILE: return expand_env_files(pass->arena, node);
	case EXPAND_TO_LIST: return to_list(pass->arena, node);
	case EXPAND_EXTENDS: return wrap(pass->arena, node, "service");
	case EXPAND_GPUS: return expand_gpus(pass->arena, node);
	case EXPAND_PORTS: return expand_ports(pass, node, place);
	case EXPAND_VOLUME: return expand_mount(pass, node, place, short_volume);
	case EXPAND_DEVICE: return expand_mount(pass, node, place, short_device);
	case EXPAND_SOURCE: return wrap(pass->arena, node, "source");
	case EXPAND_EXTERNAL: return expand_external(pass->arena, node, place);
	}
	return node;
}

static void drop_blank(struct yaml *list)
{
	size_t len = 0;

	YAML_EACH_ITEM(item, list)
		if ((*item)->kind != YAML_STRING || *(*item)->text)
			list->list.items[len++] = *item;
	if (yaml_is(list, YAML_LIST))
		list->list.len = len;
}

static struct yaml *walk(struct pass *pass, struct yaml *node, const struct attr *attr,
			 const struct place *place)
{
	size_t index = 0;

	if (!attr)
		return node;
	node = expand_node(pass, node, attr, place);
	if (attr->flags & ATTR_DROP_BLANK)
		drop_blank(node);
	YAML_EACH_ITEM(item, node) {
		const struct place here = { .up = place, .index = index++ };

		*item = walk(pass, *item, attr->items, &here);
	}
	YAML_EACH_ENTRY(entry, node) {
		const struct place here = { .up = place, .key = entry->key };

		entry->value = walk(pass, entry->value, attr_member(attr, entry->key), &here);
	}
	return node;
}

void expand_forms(struct arena *arena, struct yaml *document, bool lenient)
{
	const struct place root = { .up = NULL };
	struct pass pass = { .arena = arena, .lenient = lenient };

	(void)walk(&pass, document, &attr_document, &root);
}
