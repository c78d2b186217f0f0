#include "check.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/vec.h"

#define PROBLEM(mark, ...) yaml_problem((mark), DIAG_ERROR, __VA_ARGS__)

const char *config_key_member(const char *name, const char *section)
{
	size_t len = strlen(section);

	return strncmp(name, section, len) == 0 && name[len] == '.' ? name + len + 1 : NULL;
}

static void set_hint(struct diag *diag, char *owned_hint)
{
	if (diag && !diag->hint)
		diag->hint = owned_hint;
	else
		free(owned_hint);
}

static void refuse_value(const struct config_key *key, const struct yaml *node)
{
	AUTO(str_release) struct str text = STR_INIT;

	config_key_describe(key, &text);
	if (yaml_is(node, YAML_INT))
		(void)PROBLEM(&node->mark, "'%s' must be %s, not %" PRId64, key->name, text.ptr,
			      node->integer);
	else
		(void)PROBLEM(&node->mark, "'%s' must be %s, not %s", key->name, text.ptr,
			      yaml_kind_name(node->kind));
}

/* --- values --- */

static bool is_scalar(const struct yaml *node)
{
	return node->kind != YAML_NULL && node->kind != YAML_LIST && node->kind != YAML_MAP;
}

static void check_kind(enum config_kind kind, const struct yaml_mark *mark, const char *subject,
		       const char *text)
{
	AUTO(err_release) struct err err = ERR_INIT;

	if (config_kind_check(kind, text, &err) == 0)
		return;
	set_hint(PROBLEM(mark, "'%s': %s", subject, err.message), TAKE(err.hint));
}

static void check_text(const struct config_key *key, const struct yaml *node)
{
	/* A size may be a number; nothing else that is a text looks like one, so that `tag: 1.10` is a slip. */
	if (yaml_is(node, YAML_INT) && key->kind == CONFIG_SIZE && node->integer >= 0)
		return;
	if (yaml_is(node, YAML_STRING))
		check_kind(key->kind, &node->mark, key->name, node->text);
	else if (is_scalar(node))
		set_hint(PROBLEM(&node->mark, "'%s' must be %s, not %s", key->name,
				 config_kind_name(key->kind), yaml_kind_name(node->kind)),
			 xstrdup("write it between quotes"));
	else
		refuse_value(key, node);
}

static void check_choice(const struct config_key *key, const struct yaml *node)
{
	AUTO(str_release) struct str all = STR_INIT;
	const char *meant;

	for (const char *const *choice = key->choices; *choice; choice++) {
		if (yaml_is(node, YAML_STRING) && str_eq(node->text, *choice))
			return;
	}
	if (!yaml_is(node, YAML_STRING)) {
		refuse_value(key, node);
		return;
	}
	config_key_describe(key, &all);
	meant = suggest(node->text, key->choices);
	set_hint(PROBLEM(&node->mark, "'%s' must be %s, not '%s'", key->name, all.ptr, node->text),
		 meant ? xasprintf("did you mean '%s'?", meant) : NULL);
}

static void check_words(const struct config_key *key, const struct yaml *node)
{
	if (!yaml_is(node, YAML_LIST)) {
		check_text(key, node);
		return;
	}
	YAML_EACH_ITEM(item, node)
		check_text(key, *item);
}

static void check_texts(const struct config_key *key, const struct yaml *node)
{
	if (!yaml_is(node, YAML_MAP))
		refuse_value(key, node);
	YAML_EACH_ENTRY(entry, node) {
		check_kind(key->names, &entry->mark, key->name, entry->key);
		if (!is_scalar(entry->value))
			(void)PROBLEM(&entry->value->mark, "'%s' must be a text, not %s",
				      entry->key, yaml_kind_name(entry->value->kind));
	}
}

static void refuse_key(const struct yaml_entry *entry, const struct config_key *table)
{
	AUTO(strvec_release) struct strvec known = STRVEC_INIT;
	const char *meant;

	CONFIG_KEY_FOREACH(key, table)
		strvec_add(&known, key->name);
	meant = suggest(entry->key, (const char *const *)strvec_argv(&known));
	set_hint(PROBLEM(&entry->mark, "unknown key '%s'", entry->key),
		 meant ? xasprintf("did you mean '%s'?", meant) : NULL);
}

static void check_members(const struct config_key *members, const struct yaml *node,
			  const struct yaml_mark *mark, const char *subject)
{
	YAML_EACH_ENTRY(entry, node) {
		const struct config_key *key = config_key_find(members, entry->key);

		if (key)
			config_check_value(key, entry->value);
		else
			refuse_key(entry, members);
	}
	CONFIG_KEY_FOREACH(key, members) {
		if (key->required && !yaml_has(node, key->name))
			(void)PROBLEM(mark, "'%s' needs '%s'", subject, key->name);
	}
}

static void check_sections(const struct config_key *key, const struct yaml *node)
{
	if (!yaml_is(node, YAML_MAP) && !yaml_is(node, YAML_NULL))
		refuse_value(key, node);
	YAML_EACH_ENTRY(entry, node) {
		check_kind(key->names, &entry->mark, key->name, entry->key);
		if (yaml_is(entry->value, YAML_MAP))
			check_members(key->members, entry->value, &entry->mark, entry->key);
		else if (!yaml_is(entry->value, YAML_NULL))
			(void)PROBLEM(&entry->value->mark, "'%s' must be a map, not %s", entry->key,
				      yaml_kind_name(entry->value->kind));
	}
}

static void check_items(const struct config_key *key, const struct yaml *node)
{
	if (!yaml_is(node, YAML_LIST))
		refuse_value(key, node);
	YAML_EACH_ITEM(item, node) {
		if (yaml_is(*item, YAML_MAP))
			check_members(key->members, *item, &(*item)->mark, key->name);
		else
			check_text(&key->members[0], *item);
	}
}

void config_check_value(const struct config_key *key, const struct yaml *node)
{
	switch (key->type) {
	case CONFIG_BOOL:
		if (!yaml_is(node, YAML_BOOL))
			refuse_value(key, node);
		break;
	case CONFIG_INT:
		if (!yaml_is(node, YAML_INT) || node->integer < key->min ||
		    node->integer > key->max)
			refuse_value(key, node);
		break;
	case CONFIG_TEXT: check_text(key, node); break;
	case CONFIG_CHOICE: check_choice(key, node); break;
	case CONFIG_WORDS: check_words(key, node); break;
	case CONFIG_TEXTS: check_texts(key, node); break;
	case CONFIG_SECTIONS: check_sections(key, node); break;
	case CONFIG_ITEMS: check_items(key, node); break;
	}
}

/* --- documents --- */

static void check_placed(const struct config_key *key, const struct yaml_entry *entry,
			 enum config_place place)
{
	if (key->places & place) {
		config_check_value(key, entry->value);
		return;
	}
	set_hint(PROBLEM(&entry->mark, "'%s' has no place in this file", key->name),
		 xstrdup(place == CONFIG_PROJECT
				 ? "it is about the machine: write it into the user's config.yaml"
				 : "it is about a project: write it into its edgectl.yaml"));
}

/* The words that can stand where `section` is open; NULL is the top. */
static void refuse_dotted(const struct yaml_entry *entry, const char *section)
{
	AUTO(strvec_release) struct strvec known = STRVEC_INIT;
	const char *meant;

	CONFIG_KEY_FOREACH(key, config_keys) {
		const char *word = section ? config_key_member(key->name, section) : key->name;
		AUTO(freep) char *first = word ? xstrndup(word, strcspn(word, ".")) : NULL;

		if (first && !strvec_contains(&known, first))
			strvec_add(&known, first);
	}
	meant = suggest(entry->key, (const char *const *)strvec_argv(&known));
	set_hint(PROBLEM(&entry->mark, "unknown key '%s%s%s'", section ? section : "",
			 section ? "." : "", entry->key),
		 meant ? xasprintf("did you mean '%s'?", meant) : NULL);
}

static bool is_section(const char *name)
{
	CONFIG_KEY_FOREACH(key, config_keys) {
		if (config_key_member(key->name, name))
			return true;
	}
	return false;
}

static void check_section(const struct yaml_entry *section, enum config_place place)
{
	if (!yaml_is(section->value, YAML_MAP) && !yaml_is(section->value, YAML_NULL))
		(void)PROBLEM(&section->value->mark, "'%s' must be a map, not %s", section->key,
			      yaml_kind_name(section->value->kind));
	YAML_EACH_ENTRY(entry, section->value) {
		AUTO(freep) char *name = xasprintf("%s.%s", section->key, entry->key);
		const struct config_key *key = config_key_find(config_keys, name);

		if (key)
			check_placed(key, entry, place);
		else
			refuse_dotted(entry, section->key);
	}
}

void config_check_document(struct yaml *document, enum config_place place)
{
	if (!yaml_is(document, YAML_MAP) && !yaml_is(document, YAML_NULL))
		(void)PROBLEM(&document->mark, "the configuration must be a map, not %s",
			      yaml_kind_name(document->kind));
	YAML_EACH_ENTRY(entry, document) {
		const struct config_key *key = config_key_find(config_keys, entry->key);

		if (key)
			check_placed(key, entry, place);
		else if (is_section(entry->key))
			check_section(entry, place);
		else
			refuse_dotted(entry, NULL);
	}
}
