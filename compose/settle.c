/* Values in their final forms, and nothing that says no more than its absence would. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "compose/quantity.h"
#include "loader.h"
#include "words.h"

#define VALUE_DIGITS_MAX 6       /* from 10^6 on, Go prints an exponent */
#define MODE_MAX         0177777 /* with the bits of the type, as stat(2) has them */

static void refuse(const struct yaml *node, const struct place *place, const struct err *err)
{
	place_problem_err(&node->mark, place, err);
}

const char *value_text(struct arena *arena, const struct yaml *scalar)
{
	AUTO(str_release) struct str text = STR_INIT;
	double number = 0;

	if (scalar->kind != YAML_FLOAT || scalar->real.digits)
		return yaml_scalar_text(arena, scalar) ?: "";
	number = scalar->real.number;
	if (isnan(number))
		return "NaN";
	if (isinf(number))
		return number > 0 ? "+Inf" : "-Inf";
	yaml_format_float(number, VALUE_DIGITS_MAX, &text);
	return arena_strdup(arena, text.ptr);
}

static struct yaml *to_text(struct arena *arena, const struct yaml *node)
{
	return yaml_new_string(arena, value_text(arena, node), node);
}

static struct yaml *to_int(struct arena *arena, struct yaml *node, const struct place *place)
{
	static const struct attr integer = { .form = FORM_INT };

	if (node->kind == YAML_FLOAT)
		return yaml_new_int(arena, (int64_t)node->real.number, node);
	cast_scalar(arena, node, &integer, place);
	return node;
}

static struct yaml *to_duration(struct arena *arena, struct yaml *node, const struct place *place)
{
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	int64_t ns = 0;

	if (node->kind != YAML_STRING)
		return node;
	if (compose_parse_duration(node->text, &ns, &err) < 0) {
		refuse(node, place, &err);
		return node;
	}
	compose_format_duration(ns, &text);
	return yaml_new_string(arena, text.ptr, node);
}

static struct yaml *to_bytes(struct arena *arena, struct yaml *node, const struct place *place)
{
	AUTO(err_release) struct err err = ERR_INIT;
	int64_t bytes = 0;

	if (node->kind == YAML_INT)
		bytes = node->integer;
	else if (node->kind == YAML_FLOAT)
		bytes = (int64_t)node->real.number;
	else if (node->kind == YAML_STRING && compose_parse_bytes(node->text, &bytes, &err) < 0) {
		refuse(node, place, &err);
		return node;
	}
	return bytes ? yaml_new_stringf(arena, node, "%lld", (long long)bytes)
		     : yaml_new(arena, YAML_NULL, node);
}

static bool parse_mode(const struct yaml *node, long *ret)
{
	char *end = NULL;

	if (node->kind == YAML_INT) {
		*ret = (long)node->integer;
		return true;
	}
	if (node->kind != YAML_STRING)
		return false;
	*ret = strtol(node->text, &end, 8);
	return end != node->text && !*end;
}

/* A number is taken as it was parsed, a string as octal. */
static struct yaml *to_mode(struct arena *arena, struct yaml *node, const struct place *place)
{
	long mode = 0;

	if (!parse_mode(node, &mode) || mode < 0 || mode > MODE_MAX) {
		(void)place_problem(&node->mark, place, DIAG_ERROR,
				    "'%s' is not a file mode: write it in octal, like 0444",
				    yaml_scalar_text(arena, node) ?: "");
		return node;
	}
	return yaml_new_stringf(arena, node, "0%lo", (unsigned long)mode);
}

static struct yaml *to_count(struct arena *arena, struct yaml *node, const struct place *place)
{
	char *end = NULL;
	long long count = 0;

	if (node->kind != YAML_STRING)
		return node;
	count = strtoll(node->text, &end, 10);
	if (!strcmp(node->text, "all"))
		count = -1;
	else if (end == node->text || *end)
		(void)place_problem(&node->mark, place, DIAG_ERROR,
				    "'%s' is neither a number nor 'all'", node->text);
	return yaml_new_int(arena, count, node);
}

static struct yaml *to_command(struct arena *arena, struct yaml *node, const struct place *place)
{
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	struct yaml *list = NULL;
	bool cut = false;

	if (node->kind != YAML_STRING)
		return node;
	if (words_split(node->text, &words, &cut, &err) < 0) {
		refuse(node, place, &err);
		return node;
	}
	if (cut)
		(void)place_problem(
			&node->mark, place, DIAG_WARNING,
			"no shell runs this: what follows the first of ; & | < > is left out");
	list = yaml_new(arena, YAML_LIST, node);
	VEC_FOREACH(word, &words)
		yaml_append(arena, list, yaml_new_string(arena, *word, node));
	return list;
}

/* A string is run by the container's shell. */
static struct yaml *to_test(struct arena *arena, struct yaml *node)
{
	struct yaml *list = NULL;

	if (node->kind != YAML_STRING)
		return node;
	list = yaml_new(arena, YAML_LIST, node);
	yaml_append(arena, list, yaml_new_string(arena, "CMD-SHELL", node));
	yaml_append(arena, list, node);
	return list;
}

static struct yaml *to_texts(struct arena *arena, struct yaml *node)
{
	struct yaml *list = yaml_new(arena, YAML_LIST, node);

	if (node->kind != YAML_LIST)
		yaml_append(arena, list, to_text(arena, node));
	YAML_EACH_ITEM(item, node)
		yaml_append(arena, list, to_text(arena, *item));
	return list;
}

/* "DEBUG = true" makes a variable whose name ends in a blank: never what was meant. */
static void check_name(const struct yaml *item, size_t len, const struct place *place)
{
	if (len && strchr(" \t", item->text[len - 1]))
		(void)place_problem(&item->mark, place, DIAG_ERROR,
				    "the name of '%s' ends with a blank: write NAME=VALUE",
				    item->text);
}

static struct yaml *to_pairs(struct arena *arena, struct yaml *node, bool is_env,
			     const struct place *place)
{
	struct yaml *map = yaml_new(arena, YAML_MAP, node);

	YAML_EACH_ITEM(item, node) {
		const char *text = (*item)->text;
		size_t len = strcspn(text, "=");
		struct yaml *value = yaml_new_string(arena, text[len] ? text + len + 1 : "", *item);

		if (is_env)
			check_name(*item, len, place);
		if (is_env && !text[len])
			value = yaml_new(arena, YAML_NULL, *item);
		yaml_set(arena, map, arena_strndup(arena, text, len), value);
	}
	YAML_EACH_ENTRY(entry, node) {
		bool is_unset = is_env && entry->value->kind == YAML_NULL;

		yaml_set(arena, map, entry->key,
			 is_unset ? entry->value : to_text(arena, entry->value));
	}
	return map;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp((*(struct yaml *const *)a)->text, (*(struct yaml *const *)b)->text);
}

static void sort_texts(struct yaml *list)
{
	if (list->list.len)
		qsort(list->list.items, list->list.len, sizeof(*list->list.items), compare_texts);
}

/* "h=1.1.1.1,2.2.2.2", "h:1.1.1.1": one "host=address" each. */
static void add_hosts(struct arena *arena, const struct yaml *at, const char *host,
		      const char *addresses, struct yaml *out, const struct place *place)
{
	struct span rest = span_of(addresses);
	struct span one = { 0 };
	bool more = true;

	if (!*host || strpbrk(host, ":="))
		(void)place_problem(&at->mark, place, DIAG_ERROR, "'%s' is not the name of a host",
				    host);
	while (more) {
		more = span_cut(&rest, ',', &one);
		if (one.len > 2 && one.ptr[0] == '[' && one.ptr[one.len - 1] == ']')
			one = (struct span){ .ptr = one.ptr + 1, .len = one.len - 2 };
		yaml_append(arena, out,
			    yaml_new_stringf(arena, at, "%s=%.*s", host, SPAN_FMT(one)));
	}
}

static void add_host_text(struct arena *arena, const struct yaml *item, struct yaml *out,
			  const struct place *place)
{
	size_t len = strcspn(item->text, "=");

	if (!item->text[len])
		len = strcspn(item->text, ":");
	if (!item->text[len])
		(void)place_problem(&item->mark, place, DIAG_ERROR,
				    "'%s' names no address: write HOST=ADDRESS", item->text);
	else
		add_hosts(arena, item, arena_strndup(arena, item->text, len), item->text + len + 1,
			  out, place);
}

static void drop_repeated(struct yaml *sorted)
{
	size_t len = 0;

	YAML_EACH_ITEM(item, sorted)
		if (!len || strcmp(sorted->list.items[len - 1]->text, (*item)->text) != 0)
			sorted->list.items[len++] = *item;
	sorted->list.len = len;
}

static struct yaml *to_hosts(struct arena *arena, struct yaml *node, const struct place *place)
{
	struct yaml *list = yaml_new(arena, YAML_LIST, node);

	YAML_EACH_ITEM(item, node)
		add_host_text(arena, *item, list, place);
	YAML_EACH_ENTRY(entry, node) {
		if (entry->value->kind == YAML_STRING)
			add_hosts(arena, entry->value, entry->key, entry->value->text, list, place);
		YAML_EACH_ITEM(item, entry->value)
			add_hosts(arena, *item, entry->key, (*item)->text, list, place);
	}
	sort_texts(list);
	drop_repeated(list);
	return list;
}

/* As the reference prints them: "id: path". */
static struct yaml *to_ssh(struct arena *arena, struct yaml *node)
{
	struct yaml *list = yaml_new(arena, YAML_LIST, node);

	YAML_EACH_ITEM(item, node) {
		size_t len = strcspn((*item)->text, "=");
		bool has_path = (*item)->text[len] && (*item)->text[len + 1];

		yaml_append(arena, list,
			    yaml_new_stringf(arena, *item, "%.*s%s%s", (int)len, (*item)->text,
					     has_path ? ": " : "",
					     has_path ? (*item)->text + len + 1 : ""));
	}
	sort_texts(list);
	return list;
}

static struct yaml *to_options(struct arena *arena, struct yaml *node)
{
	YAML_EACH_ENTRY(entry, node)
		entry->value = to_texts(arena, entry->value);
	return node;
}

static struct yaml *to_form(struct arena *arena, struct yaml *node, enum form form,
			    const struct place *place)
{
	static const struct attr floating = { .form = FORM_FLOAT };
	static const struct attr boolean = { .form = FORM_BOOL };

	switch (form) {
	case FORM_AS_IS: return node;
	case FORM_TEXT: return to_text(arena, node);
	case FORM_INT: return to_int(arena, node, place);
	case FORM_FLOAT: cast_scalar(arena, node, &floating, place); return node;
	case FORM_BOOL: cast_scalar(arena, node, &boolean, place); return node;
	case FORM_DURATION: return to_duration(arena, node, place);
	case FORM_BYTES: return to_bytes(arena, node, place);
	case FORM_MODE: return to_mode(arena, node, place);
	case FORM_COUNT: return to_count(arena, node, place);
	case FORM_COMMAND: return to_command(arena, node, place);
	case FORM_TEST: return to_test(arena, node);
	case FORM_TEXTS: return to_texts(arena, node);
	case FORM_PAIRS: return to_pairs(arena, node, false, place);
	case FORM_ENV: return to_pairs(arena, node, true, place);
	case FORM_HOSTS: return to_hosts(arena, node, place);
	case FORM_SSH: return to_ssh(arena, node);
	case FORM_OPTIONS: return to_options(arena, node);
	}
	return node;
}

/* Does it say no more than its absence would? */
static bool is_nothing(const struct yaml *node, const struct attr *attr)
{
	bool keep = attr->flags & ATTR_KEEP_ZERO;

	switch (node->kind) {
	case YAML_NULL: return true;
	case YAML_BOOL: return !node->boolean && !keep;
	case YAML_INT: return !node->integer && !keep;
	case YAML_FLOAT: return node->real.number == 0 && !keep;
	case YAML_STRING:
		return (!*node->text ||
			(attr->form == FORM_DURATION && !strcmp(node->text, "0s"))) &&
		       !keep;
	case YAML_LIST: return !node->list.len && !keep;
	case YAML_MAP: return !node->map.len && (!attr->fields || (attr->flags & ATTR_DROP_EMPTY));
	}
	return false;
}

static struct yaml *settle(struct arena *arena, struct yaml *node, const struct attr *attr,
			   const struct place *place);

static void settle_members(struct arena *arena, struct yaml *map, const struct attr *attr,
			   const struct place *place)
{
	for (size_t i = 0; i < map->map.len;) {
		struct yaml_entry *entry = &map->map.items[i];
		const struct place here = { .up = place, .key = entry->key };
		const struct attr *member = attr_member(attr, entry->key);

		if (member)
			entry->value = settle(arena, entry->value, member, &here);
		if (member && attr->fields && is_nothing(entry->value, member))
			yaml_remove(map, entry->key);
		else
			i++;
	}
	yaml_sort(map);
}

static struct yaml *settle(struct arena *arena, struct yaml *node, const struct attr *attr,
			   const struct place *place)
{
	size_t index = 0;

	/* A network or volume of which nothing is said is one all the same. */
	if (node->kind == YAML_NULL && attr->expand == EXPAND_EXTERNAL)
		node = yaml_new(arena, YAML_MAP, node);
	if (node->kind != YAML_NULL && !(attr->fields && node->kind == YAML_MAP))
		node = to_form(arena, node, attr->form, place);
	YAML_EACH_ITEM(item, node) {
		const struct place here = { .up = place, .index = index++ };

		if (attr->items)
			*item = settle(arena, *item, attr->items, &here);
	}
	if (yaml_is(node, YAML_MAP))
		settle_members(arena, node, attr, place);
	return node;
}

void settle_forms(struct loader *loader, struct yaml *document)
{
	const struct place root = { .up = NULL };

	(void)settle(loader->arena, document, &attr_document, &root);
	/* The one section that every model has. */
	if (!yaml_has(document, "services"))
		yaml_set(loader->arena, document, "services",
			 yaml_new(loader->arena, YAML_MAP, document));
}
