#include "field.h"

#include "base/vec.h"
#include "templates/word_list.h"

void fields_report_unknown(const struct yaml_entry *entry, const struct field *fields)
{
	AUTO(strvec_release) struct strvec keys = STRVEC_INIT;
	struct diag *diag = NULL;
	const char *nearest = NULL;

	for (; fields->key; fields++)
		strvec_add(&keys, fields->key);
	nearest = suggest(entry->key, (const char *const *)strvec_argv(&keys));
	diag = yaml_problem(&entry->mark, DIAG_ERROR, "unknown key '%s'", entry->key);
	if (diag && nearest)
		diag->hint = xasprintf("did you mean '%s'?", nearest);
}

const struct field *fields_find(const struct field *fields, const char *key)
{
	for (; fields->key; fields++) {
		if (str_eq(fields->key, key))
			return fields;
	}
	return NULL;
}

bool field_require_kind(const struct yaml *node, enum yaml_kind kind)
{
	if (node->kind == kind)
		return true;
	(void)yaml_problem(&node->mark, DIAG_ERROR, "this is %s, but must be %s",
			   yaml_kind_name(node->kind), yaml_kind_name(kind));
	return false;
}

void fields_read(struct arena *arena, struct yaml *map, const struct field *fields, void *out)
{
	if (!field_require_kind(map, YAML_MAP))
		return;
	YAML_EACH_ENTRY(entry, map) {
		const struct field *field = fields_find(fields, entry->key);

		if (field)
			field->read(arena, entry->value, (char *)out + field->offset);
		else
			fields_report_unknown(entry, fields);
	}
	for (; fields->key; fields++) {
		if (fields->required && !yaml_has(map, fields->key))
			(void)yaml_problem(&map->mark, DIAG_ERROR, "'%s' is missing", fields->key);
	}
}

void field_read_text(struct arena *arena, struct yaml *node, void *out)
{
	(void)arena;
	if (!field_require_kind(node, YAML_STRING))
		return;
	if (*node->text)
		*(const char **)out = node->text;
	else
		(void)yaml_problem(&node->mark, DIAG_ERROR, "this must not be empty");
}

void field_read_words(struct arena *arena, struct yaml *node, void *out)
{
	struct word_list *words = out;

	if (!field_require_kind(node, YAML_LIST))
		return;
	YAML_EACH_ITEM(item, node) {
		const char *word = NULL;

		field_read_text(arena, *item, &word);
		if (word)
			*ARENA_ADD(arena, words) = word;
	}
}
