/* A tree against the tables of attr.h. */
#include "base/alloc.h"
#include "loader.h"

#define ALLOWED_MAX 12 /* more are not listed in a hint */

static void set_hint(struct diag *diag, struct str *hint)
{
	if (diag && hint->len)
		diag->hint = str_detach(hint);
}

static void add_or(struct str *out, const char *text, size_t index, size_t count)
{
	str_addf(out, "%s%s", !index ? "" : index + 1 == count ? " or " : ", ", text);
}

/* "a string, a list or a mapping" */
static void add_types(unsigned types, struct str *out)
{
	size_t count = 0, index = 0;

	if (types & YAML_BIT(YAML_FLOAT))
		types &= ~YAML_BIT(YAML_INT);
	for (unsigned kind = YAML_NULL; kind <= YAML_MAP; kind++)
		count += (types & YAML_BIT(kind)) != 0;
	for (unsigned kind = YAML_NULL; kind <= YAML_MAP; kind++)
		if (types & YAML_BIT(kind))
			add_or(out, yaml_kind_name((enum yaml_kind)kind), index++, count);
}

static bool fits_type(struct yaml *node, const struct attr *attr)
{
	if (attr->types & YAML_BIT(node->kind))
		return true;
	/* 3.0 is an integer, too. */
	if (node->kind != YAML_FLOAT || !(attr->types & YAML_BIT(YAML_INT)) || node->real.digits ||
	    node->real.number != (double)(int64_t)node->real.number)
		return false;
	*node = (struct yaml){ .kind = YAML_INT,
			       .mark = node->mark,
			       .integer = (int64_t)node->real.number };
	return true;
}

static void wrong_type(const struct yaml *node, const struct attr *attr, const struct place *place)
{
	AUTO(str_release) struct str types = STR_INIT;

	add_types(attr->types, &types);
	(void)place_problem(&node->mark, place, DIAG_ERROR, "must be %s, and not %s", types.ptr,
			    yaml_kind_name(node->kind));
}

static void check_words(const struct yaml *node, const struct attr *attr, const struct place *place)
{
	AUTO(str_release) struct str hint = STR_INIT;
	struct diag *diag = NULL;
	size_t count = 0;

	for (; attr->one_of[count]; count++)
		if (!strcmp(attr->one_of[count], node->text))
			return;
	str_add(&hint, "allowed: ");
	for (size_t i = 0; i < count; i++)
		add_or(&hint, attr->one_of[i], i, count);
	diag = place_problem(&node->mark, place, DIAG_ERROR, "'%s' is not one of its values",
			     node->text);
	set_hint(diag, &hint);
}

static void check_scalar(const struct yaml *node, const struct attr *attr,
			 const struct place *place)
{
	if (node->kind == YAML_STRING && attr->one_of)
		check_words(node, attr, place);
	if (node->kind == YAML_STRING && attr->fits && !attr->fits(node->text))
		(void)place_problem(&node->mark, place, DIAG_ERROR,
				    "'%s' does not fit: it must be %s", node->text, attr->wanted);
	if (node->kind == YAML_INT && attr->has_range &&
	    (node->integer < attr->min || node->integer > attr->max)) {
		if (attr->max == INT64_MAX)
			(void)place_problem(&node->mark, place, DIAG_ERROR,
					    "must not be below %lld", (long long)attr->min);
		else
			(void)place_problem(&node->mark, place, DIAG_ERROR,
					    "must be between %lld and %lld", (long long)attr->min,
					    (long long)attr->max);
	}
}

/* Text that two nodes share when they are equal: for the look-up of duplicates. */
static void add_key(struct arena *arena, const struct yaml *node, struct str *out)
{
	const char *text = yaml_scalar_text(arena, node);

	if (text)
		str_addf(out, "%u%zu:%s", node->kind, strlen(text), text);
	YAML_EACH_ITEM(item, node)
		add_key(arena, *item, out);
	YAML_EACH_ENTRY(entry, node) {
		str_addf(out, "%zu:%s", strlen(entry->key), entry->key);
		add_key(arena, entry->value, out);
	}
}

static void check_unique(struct arena *arena, const struct yaml *list, const struct place *place)
{
	struct yaml *seen = yaml_new(arena, YAML_MAP, NULL);
	size_t index = 0;

	YAML_EACH_ITEM(item, list) {
		const struct place here = { .up = place, .index = index };
		AUTO(str_release) struct str key = STR_INIT;
		const struct yaml *first = NULL;

		add_key(arena, *item, &key);
		first = yaml_get(seen, key.ptr);
		if (first)
			(void)place_problem(
				&(*item)->mark, &here, DIAG_ERROR,
				"the same as item [%lld]: every item may be there only once",
				(long long)first->integer);
		else
			yaml_set(arena, seen, key.ptr, yaml_new_int(arena, (int64_t)index, NULL));
		index++;
	}
}

static void check_items(struct arena *arena, struct yaml *list, const struct attr *attr,
			const struct place *place)
{
	size_t index = 0, len = 0;

	YAML_EACH_ITEM(item, list) {
		const struct place here = { .up = place, .index = index++ };

		if (!attr->items || validate_tree(arena, *item, attr->items, &here))
			list->list.items[len++] = *item;
	}
	list->list.len = len;
	if ((attr->flags & ATTR_UNIQUE_ITEMS) && len > 1)
		check_unique(arena, list, place);
}

static void unknown_member(const struct yaml_entry *entry, const struct attr *attr,
			   const struct place *place)
{
	const char *names[128] = { NULL };
	AUTO(str_release) struct str hint = STR_INIT;
	struct diag *diag = NULL;
	const char *near = NULL;
	size_t count = 0;

	for (; attr->fields[count].name && count + 1 < ARRAY_SIZE(names); count++)
		names[count] = attr->fields[count].name;
	near = suggest(entry->key, names);
	if (near) {
		str_addf(&hint, "did you mean '%s'?", near);
	} else if (count <= ALLOWED_MAX) {
		str_add(&hint, "allowed: ");
		for (size_t i = 0; i < count; i++)
			add_or(&hint, names[i], i, count);
	}
	diag = place_problem(&entry->mark, place, DIAG_ERROR, "there is no attribute '%s' here",
			     entry->key);
	set_hint(diag, &hint);
}

static bool is_name(const char *key)
{
	return *key && !key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789._-")];
}

/* False when the entry is to be taken out. */
static bool check_entry(struct arena *arena, const struct yaml_entry *entry,
			const struct attr *attr, const struct place *place)
{
	const struct place here = { .up = place, .key = entry->key };
	const struct attr *member = attr_member(attr, entry->key);

	if (attr->keys == KEYS_NAME && !is_name(entry->key))
		(void)place_problem(&entry->mark, place, DIAG_ERROR,
				    "'%s' cannot be a name: letters, digits, '.', '_' and '-' can",
				    entry->key);
	else if (attr->values && !*entry->key)
		(void)place_problem(&entry->mark, place, DIAG_ERROR, "a name must not be empty");
	if (member)
		return validate_tree(arena, entry->value, member, &here);
	if (!attr->fields || (attr->flags & ATTR_OPEN) ||
	    (!(attr->flags & ATTR_CLOSED) && attr_is_extension(entry->key)))
		return true;
	unknown_member(entry, attr, place);
	return false;
}

static void check_members(struct arena *arena, struct yaml *map, const struct attr *attr,
			  const struct place *place)
{
	for (const struct attr *field = attr->fields; field && field->name; field++)
		if ((field->flags & ATTR_REQUIRED) && !yaml_has(map, field->name))
			(void)place_problem(&map->mark, place, DIAG_ERROR, "'%s' is missing",
					    field->name);
	for (size_t i = 0; i < map->map.len;) {
		if (check_entry(arena, &map->map.items[i], attr, place))
			i++;
		else
			yaml_remove(map, map->map.items[i].key);
	}
}

bool validate_tree(struct arena *arena, struct yaml *node, const struct attr *attr,
		   const struct place *place)
{
	if (is_refused(node))
		return false;
	if (!fits_type(node, attr)) {
		wrong_type(node, attr, place);
		return false;
	}
	if (node->kind == YAML_LIST)
		check_items(arena, node, attr, place);
	else if (node->kind == YAML_MAP)
		check_members(arena, node, attr, place);
	else
		check_scalar(node, attr, place);
	return true;
}
