/* Variables in the values of a document, and the numbers and booleans that strings stand for. */
#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "compose/template.h"
#include "loader.h"

struct pass {
	struct arena *arena;
	const struct strmap *env;
	const struct yaml *node; /* the one that is expanded */
	const struct place *place;
	struct yaml *unset; /* the variables that were warned of, as a map */
};

static const char *lookup(void *arg, const char *name)
{
	const struct pass *pass = arg;

	return strmap_get(pass->env, name);
}

static void unset(void *arg, const char *name)
{
	const struct pass *pass = arg;

	/* Once for each, where it is used first. */
	if (yaml_has(pass->unset, name))
		return;
	yaml_set(pass->arena, pass->unset, name, yaml_new(pass->arena, YAML_NULL, NULL));
	(void)place_problem(&pass->node->mark, pass->place, DIAG_WARNING,
			    "the variable '%s' is not set: it is taken to be empty", name);
}

static bool to_bool(const char *text, bool *ret, bool *ret_old)
{
	static const char *const yes[] = { "true", "y", "yes", "on" };
	static const char *const no[] = { "false", "n", "no", "off" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(text, yes[i]) != 0 && strcasecmp(text, no[i]) != 0)
			continue;
		*ret = strcasecmp(text, yes[i]) == 0;
		*ret_old = i > 0;
		return true;
	}
	return false;
}

static bool cast_bool(struct yaml *node, const struct place *place)
{
	bool value = false, old = false;

	if (!to_bool(node->text, &value, &old)) {
		(void)place_problem(&node->mark, place, DIAG_ERROR,
				    "'%s' is neither true nor false", node->text);
		return false;
	}
	if (old)
		(void)place_problem(&node->mark, place, DIAG_WARNING,
				    "'%s' is no boolean in YAML 1.2: write %s", node->text,
				    value ? "true" : "false");
	node->kind = YAML_BOOL;
	node->boolean = value;
	return true;
}

static bool cast_int(struct yaml *node, const struct place *place)
{
	char *end = NULL;
	long long value = 0;

	errno = 0;
	value = strtoll(node->text, &end, 10);
	if (end == node->text || *end || errno || strchr(" \t\n", node->text[0])) {
		(void)place_problem(&node->mark, place, DIAG_ERROR, "'%s' is not an integer",
				    node->text);
		return false;
	}
	node->kind = YAML_INT;
	node->integer = value;
	return true;
}

static bool cast_float(struct arena *arena, struct yaml *node, const struct place *place)
{
	struct yaml *value = yaml_resolve_scalar(arena, node->text, node->mark);

	if (value->kind != YAML_INT && value->kind != YAML_FLOAT) {
		(void)place_problem(&node->mark, place, DIAG_ERROR, "'%s' is not a number",
				    node->text);
		return false;
	}
	*node = *value;
	return true;
}

void cast_scalar(struct arena *arena, struct yaml *node, const struct attr *attr,
		 const struct place *place)
{
	bool fits = true;

	if (!attr || node->kind != YAML_STRING)
		return;
	if (attr->form == FORM_BOOL)
		fits = cast_bool(node, place);
	else if (attr->form == FORM_INT)
		fits = cast_int(node, place);
	else if (attr->form == FORM_FLOAT)
		fits = cast_float(arena, node, place);
	if (!fits)
		refuse_node(node);
}

/* False, with a problem, when it is malformed. */
static bool expand_text(struct pass *pass, struct yaml *node, const struct place *place)
{
	AUTO(str_release) struct str out = STR_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	const struct template_scope scope = { .lookup = lookup, .unset = unset, .arg = pass };

	if (!strchr(node->text, '$'))
		return true;
	pass->node = node;
	pass->place = place;
	if (template_expand(node->text, &scope, &out, &err) < 0) {
		place_problem_err(&node->mark, place, &err);
		refuse_node(node);
		return false;
	}
	node->text = arena_strndup(pass->arena, out.ptr, out.len);
	return true;
}

static void walk(struct pass *pass, struct yaml *node, const struct attr *attr,
		 const struct place *place)
{
	size_t index = 0;

	if (node->kind == YAML_STRING && expand_text(pass, node, place))
		cast_scalar(pass->arena, node, attr, place);
	YAML_EACH_ITEM(item, node) {
		const struct place here = { .up = place, .index = index++ };

		walk(pass, *item, attr ? attr->items : NULL, &here);
	}
	YAML_EACH_ENTRY(entry, node) {
		const struct place here = { .up = place, .key = entry->key };

		walk(pass, entry->value, attr_member(attr, entry->key), &here);
	}
}

void interpolate_document(struct loader *loader, struct yaml *document, const struct strmap *env)
{
	const struct place root = { .up = NULL };
	struct pass pass = { .arena = loader->arena,
			     .env = env,
			     .unset = yaml_new(loader->arena, YAML_MAP, NULL) };

	walk(&pass, document, &attr_document, &root);
}
