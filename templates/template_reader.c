#include "template_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/yaml.h"
#include "field.h"
#include "templates/rendering.h"

#define VARIABLE_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

static void read_kind(struct arena *arena, struct yaml *node, void *out)
{
	static const char *const names[] = { "text", "integer", "boolean", "choice", NULL };
	const char *text = NULL;

	field_read_text(arena, node, &text);
	for (size_t i = 0; text && names[i]; i++) {
		if (str_eq(names[i], text)) {
			*(enum variable_kind *)out = (enum variable_kind)i;
			return;
		}
	}
	if (text)
		(void)yaml_problem(
			&node->mark, DIAG_ERROR,
			"'%s' is no type: there are 'text', 'integer', 'boolean' and 'choice'",
			text);
}

/* A default may be written as the number or truth value that it is, and may be empty. */
static void read_scalar(struct arena *arena, struct yaml *node, void *out)
{
	const char *text = yaml_scalar_text(arena, node);

	if (text)
		*(const char **)out = text;
	else
		(void)field_require_kind(node, YAML_STRING);
}

static void read_flag(struct arena *arena, struct yaml *node, void *out)
{
	(void)arena;
	if (field_require_kind(node, YAML_BOOL))
		*(bool *)out = node->boolean;
}

static void read_platforms(struct arena *arena, struct yaml *node, void *out)
{
	field_read_words(arena, node, out);
	YAML_EACH_ITEM(item, node) {
		AUTO(err_release) struct err err = ERR_INIT;
		struct platform platform;

		if (yaml_is(*item, YAML_STRING) &&
		    platform_parse((*item)->text, &platform, &err) < 0)
			(void)yaml_problem(&(*item)->mark, DIAG_ERROR, "%s", err.message);
	}
}

static void read_peripherals(struct arena *arena, struct yaml *node, void *out)
{
	struct word_list words = { .items = NULL };

	field_read_words(arena, node, &words);
	YAML_EACH_ITEM(item, node) {
		enum peripheral_kind kind = 0;

		while (kind < PERIPHERAL_COUNT && yaml_is(*item, YAML_STRING) &&
		       !str_eq(peripheral_kind_name(kind), (*item)->text))
			kind++;
		if (kind < PERIPHERAL_COUNT)
			*(unsigned *)out |= PERIPHERAL_BIT(kind);
		else if (yaml_is(*item, YAML_STRING))
			(void)yaml_problem(&(*item)->mark, DIAG_ERROR, "unknown peripheral '%s'",
					   (*item)->text);
	}
}

/* --- variables --- */

static const struct field variable_fields[] = {
	{ "question", false, field_read_text, offsetof(struct template_variable, question) },
	{ "type", false, read_kind, offsetof(struct template_variable, kind) },
	{ "default", false, read_scalar, offsetof(struct template_variable, fallback) },
	{ "choices", false, field_read_words, offsetof(struct template_variable, choices) },
	{ "if", false, field_read_text, offsetof(struct template_variable, condition) },
	{ .key = NULL },
};

static void check_variable_name(const struct yaml_entry *entry, const struct strmap *known)
{
	const char *name = entry->key;

	if (strspn(name, VARIABLE_LETTERS) != strlen(name) || !*name ||
	    !strchr(VARIABLE_LETTERS, *name) || (*name >= '0' && *name <= '9') || *name == '_')
		(void)yaml_problem(&entry->mark, DIAG_ERROR,
				   "'%s' is no name: small letters, then also digits and '_'",
				   name);
	else if (strmap_has(known, name))
		(void)yaml_problem(&entry->mark, DIAG_ERROR, "every template has '%s' already",
				   name);
}

static void check_choices(const struct yaml_entry *entry, struct template_variable *variable)
{
	if (variable->choices.len > 0 && !yaml_has(entry->value, "type"))
		variable->kind = VARIABLE_CHOICE;
	if ((variable->kind == VARIABLE_CHOICE) != (variable->choices.len > 0))
		(void)yaml_problem(&entry->mark, DIAG_ERROR,
				   "'choices' and the type 'choice' belong together");
}

static void report(const struct yaml_mark *mark, const struct err *err)
{
	struct diag *diag = yaml_problem(mark, DIAG_ERROR, "%s", err->message);

	if (diag && err->hint)
		diag->hint = xstrdup(err->hint);
}

/* Conditions and defaults know what stands before them. */
static void check_condition(struct yaml *map, const struct strmap *known)
{
	AUTO(err_release) struct err err = ERR_INIT;
	const char *condition = yaml_get_text(map, "if");
	bool holds;

	if (condition && condition_holds(span_of(condition), known, &holds, &err) < 0)
		report(&yaml_get(map, "if")->mark, &err);
}

static void check_fallback(const struct yaml_entry *entry, const char *fallback,
			   const struct strmap *known)
{
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	if (fallback && rendering_expand(span_of(fallback), entry->key, known, &text, &err) < 0)
		(void)yaml_problem(&yaml_get(entry->value, "default")->mark, DIAG_ERROR,
				   "the default is not well-formed:\n%s", err.message);
}

static void read_variables(struct template *template, struct yaml *node, struct strmap *known)
{
	if (!field_require_kind(node, YAML_MAP))
		return;
	YAML_EACH_ENTRY(entry, node) {
		struct template_variable variable = { .name = entry->key, .mark = entry->mark };

		check_variable_name(entry, known);
		fields_read(template->arena, entry->value, variable_fields, &variable);
		check_choices(entry, &variable);
		check_condition(entry->value, known);
		check_fallback(entry, variable.fallback, known);
		strmap_set(known, entry->key, "");
		*ARENA_ADD(template->arena, &template->variables) = variable;
	}
}

/* --- files --- */

static const struct field rule_fields[] = {
	{ "path", true, field_read_text, offsetof(struct template_rule, path) },
	{ "if", false, field_read_text, offsetof(struct template_rule, condition) },
	{ "verbatim", false, read_flag, offsetof(struct template_rule, is_verbatim) },
	{ .key = NULL },
};

static bool names_a_file(const struct template *template, const char *path)
{
	VEC_FOREACH(file, &template->files) {
		if (str_eq(file->path, path) ||
		    (str_has_suffix(path, "/") && str_has_prefix(file->path, path)))
			return true;
	}
	return false;
}

static void read_rules(struct template *template, struct yaml *node, const struct strmap *known)
{
	if (!field_require_kind(node, YAML_LIST))
		return;
	YAML_EACH_ITEM(item, node) {
		struct template_rule rule = { .path = NULL };

		fields_read(template->arena, *item, rule_fields, &rule);
		check_condition(*item, known);
		if (rule.path && !names_a_file(template, rule.path))
			(void)yaml_problem(&yaml_get(*item, "path")->mark, DIAG_ERROR,
					   "the template has no file '%s'", rule.path);
		*ARENA_ADD(template->arena, &template->rules) = rule;
	}
}

/* --- the manifest --- */

/* Variables and rules need to know more than their own node: read_document() reads them. */
static void read_later(struct arena *arena, struct yaml *node, void *out)
{
	(void)arena;
	(void)node;
	(void)out;
}

/* What other programs' templates may have; here it must not be taken for a slip of the pen. */
static void refuse_hooks(struct arena *arena, struct yaml *node, void *out)
{
	struct diag *diag = yaml_problem(&node->mark, DIAG_ERROR,
					 "hooks are refused: a template runs no command");

	(void)arena;
	(void)out;
	if (diag)
		diag->hint = xstrdup("let a stage of the Dockerfile do it, or its README tell");
}

static const struct field template_fields[] = {
	{ "name", true, field_read_text, offsetof(struct template, name) },
	{ "summary", true, field_read_text, offsetof(struct template, summary) },
	{ "description", false, field_read_text, offsetof(struct template, description) },
	{ "platforms", false, read_platforms, offsetof(struct template, platforms) },
	{ "peripherals", false, read_peripherals, offsetof(struct template, peripherals) },
	{ "variables", false, read_later, 0 },
	{ "files", false, read_later, 0 },
	{ "hooks", false, refuse_hooks, 0 },
	{ .key = NULL },
};

static void read_document(struct template *template, struct yaml *document)
{
	AUTO(strmap_release) struct strmap known = STRMAP_INIT;

	fields_read(template->arena, document, template_fields, template);
	template_set_builtins(template, NULL, "", NULL, &known);
	if (yaml_has(document, "variables"))
		read_variables(template, yaml_get(document, "variables"), &known);
	if (yaml_has(document, "files"))
		read_rules(template, yaml_get(document, "files"), &known);
}

int template_read(struct template *template, const char *name, struct span text, struct err *err)
{
	struct yaml_documents documents = { .items = NULL };

	if (text.len > LIMIT_YAML)
		return err_set(err, ERR_LIMIT, "'%s' is larger than %zu bytes", name, LIMIT_YAML);
	template->manifest_text = text;
	template->manifest = xcalloc(1, sizeof(*template->manifest));
	diags_init(template->manifest, name, text);
	if (yaml_parse(template->arena, template->manifest, &documents) == 0 && documents.len == 1)
		read_document(template, documents.items[0]);
	else if (template->manifest->errors == 0)
		(void)diags_add(template->manifest, DIAG_ERROR, 1, 1, 0,
				"a manifest is one document");
	return diags_check(template->manifest, err);
}
