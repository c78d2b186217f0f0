#include "templates/template.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "embedded.h"
#include "template_files.h"
#include "template_reader.h"
#include "templates/kept_template.h"
#include "templates/rendering.h"

#define PROJECTS "projects/"

void template_free(struct template *template)
{
	if (!template)
		return;
	if (template->manifest)
		diags_release(template->manifest);
	free(template->manifest);
	arena_free(template->arena);
	free(template);
}

static struct template *new_template(void)
{
	struct template *template = xcalloc(1, sizeof(*template));

	template->arena = arena_new();
	return template;
}

/* --- those that are compiled in --- */

/* "c-cmake" of "projects/c-cmake/template.yaml", and of no other file. Those with '_' are for the program itself. */
static struct span name_of_manifest(const struct embedded_file *file)
{
	struct span rest = span_of(file->name + strlen(PROJECTS)), name;

	if (!span_cut(&rest, '/', &name) || !span_eq(rest, TEMPLATE_MANIFEST) ||
	    span_has_prefix(name, "_"))
		name.len = 0;
	return name;
}

static void list_builtin(struct strvec *ret)
{
	for (const struct embedded_file *file = project_files; file->name; file++) {
		struct span name = name_of_manifest(file);

		if (name.len > 0)
			strvec_addn(ret, name.ptr, name.len);
	}
}

void template_list(struct strvec *ret)
{
	list_builtin(ret);
	kept_template_list(ret);
	strvec_sort(ret);
}

bool template_is_builtin(const char *name)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;

	list_builtin(&names);
	VEC_FOREACH(builtin, &names) {
		if (str_eq(*builtin, name))
			return true;
	}
	return false;
}

static int unknown_template(const char *name, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *nearest = NULL;

	template_list(&names);
	nearest = suggest(name, (const char *const *)strvec_argv(&names));
	(void)err_set(err, ERR_NOT_FOUND, "unknown template '%s'", name);
	if (nearest)
		return err_hint(err, "did you mean '%s'? 'edgectl template ls' lists them",
				nearest);
	return err_hint(err,
			"'edgectl template ls' lists the templates; a directory is named with "
			"a slash, as ./%s",
			name);
}

int template_load(const char *name, struct template **ret, struct err *err)
{
	AUTO(template_freep) struct template *template = new_template();
	AUTO(freep) char *dir = xasprintf(PROJECTS "%s/", name);
	const struct embedded_file *manifest = NULL;

	for (const struct embedded_file *file = project_files; file->name; file++) {
		const char *path = file->name + strlen(dir);

		if (!str_has_prefix(file->name, dir))
			continue;
		if (str_eq(path, TEMPLATE_MANIFEST))
			manifest = file;
		else
			template_add_file(template, path, file->text, false);
	}
	if (!manifest)
		return kept_template_exists(name) ? kept_template_load(name, ret, err)
						  : unknown_template(name, err);
	template_sort_files(template);
	if (template_read(template, manifest->name, manifest->text, err) < 0)
		return -1;
	*ret = TAKE(template);
	return 0;
}

int template_load_dir(const char *dir, struct template **ret, struct err *err)
{
	AUTO(template_freep) struct template *template = new_template();
	AUTO(freep) char *name = xasprintf("%s/" TEMPLATE_MANIFEST, dir);
	struct span manifest = { .ptr = NULL };

	if (template_add_dir(template, dir, &manifest, err) < 0)
		return err_wrap(err, "template '%s'", dir);
	if (!manifest.ptr) {
		(void)err_set(err, ERR_NOT_FOUND, "template '%s': it has no " TEMPLATE_MANIFEST,
			      dir);
		return err_hint(err, "docs/templates.md says how a template is made");
	}
	if (template_read(template, name, manifest, err) < 0)
		return -1;
	*ret = TAKE(template);
	return 0;
}

/* --- what it says --- */

bool template_suits(const struct template *template, const struct platform *platform)
{
	VEC_FOREACH(word, &template->platforms) {
		struct platform known;

		if (platform_parse(*word, &known, NULL) == 0 && platform_equal(&known, platform))
			return true;
	}
	return template->platforms.len == 0;
}

const struct template_variable *template_variable(const struct template *template, const char *name)
{
	VEC_FOREACH(variable, &template->variables) {
		if (str_eq(variable->name, name))
			return variable;
	}
	return NULL;
}

/* "board.gpio" and its like: the first device node of that kind; "" when none is known. */
static void set_devices(const struct board *board, struct strmap *values)
{
	for (enum peripheral_kind kind = 0; kind < PERIPHERAL_COUNT; kind++) {
		const struct board_peripheral *peripheral =
			board ? board_peripheral(board, kind) : NULL;
		AUTO(freep) char *name = xasprintf("board.%s", peripheral_kind_name(kind));

		strmap_set(values, name,
			   peripheral && peripheral->devices.len > 0 ? peripheral->devices.items[0]
								     : "");
	}
}

static void set_board(const struct template *template, const struct board *board,
		      struct strmap *values)
{
	AUTO(str_release) struct str compose = STR_INIT;
	char platform[PLATFORM_TEXT_MAX] = "";

	if (board) {
		(void)platform_format(&board->platform, platform);
		board_format_compose(board, template->peripherals, 0, &compose);
	}
	while (str_has_suffix(compose.ptr, "\n"))
		str_truncate(&compose, compose.len - 1);
	strmap_set(values, "platform", platform);
	strmap_set(values, "board", board ? board->slug : "");
	strmap_set(values, "board.name", board ? board->name : "");
	strmap_set(values, "board.arch", board ? board->arch : "");
	strmap_set(values, "board.base",
		   board && board->images.len > 0 ? board->images.items[0] : "");
	strmap_set(values, "board.compose", compose.ptr);
	set_devices(board, values);
}

void template_set_builtins(const struct template *template, const struct board *board,
			   const char *name, const char *registry, struct strmap *values)
{
	AUTO(str_release) struct str image = STR_INIT;

	if (registry && *registry)
		str_addf(&image, "%s/", registry);
	str_add(&image, name);
	strmap_set(values, "name", name);
	strmap_set(values, "registry", registry ? registry : "");
	strmap_set(values, "image", image.ptr);
	set_board(template, board, values);
}

/* --- variables --- */

static int at_variable(const struct template_variable *variable, struct err *err)
{
	(void)err_wrap(err, "variable '%s'", variable->name);
	return err_at(err, variable->mark.file->file, variable->mark.line, variable->mark.column,
		      variable->mark.length);
}

int template_variable_applies(const struct template_variable *variable, const struct strmap *values,
			      bool *ret, struct err *err)
{
	*ret = true;
	if (variable->condition &&
	    condition_holds(span_of(variable->condition), values, ret, err) < 0)
		return at_variable(variable, err);
	return 0;
}

int template_variable_fallback(const struct template_variable *variable,
			       const struct strmap *values, struct str *ret, struct err *err)
{
	if (variable->fallback &&
	    rendering_expand(span_of(variable->fallback), variable->name, values, ret, err) < 0)
		return at_variable(variable, err);
	return 0;
}

/* NULL when it is neither. */
static const char *truth(const char *value)
{
	static const char *const words[][2] = {
		{ "true", "true" },   { "yes", "true" }, { "y", "true" },  { "1", "true" },
		{ "false", "false" }, { "no", "false" }, { "n", "false" }, { "0", "false" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(words[i][0], value) == 0)
			return words[i][1];
	}
	return NULL;
}

static int not_a_choice(const struct template_variable *variable, const char *value,
			struct err *err)
{
	AUTO(str_release) struct str choices = STR_INIT;
	const char *separator = "";

	VEC_FOREACH(choice, &variable->choices) {
		str_addf(&choices, "%s%s", separator, *choice);
		separator = ", ";
	}
	return err_set(err, ERR_USAGE, "variable '%s': '%s' is none of %s", variable->name, value,
		       choices.ptr);
}

int template_variable_check(const struct template_variable *variable, const char *value,
			    const char **ret, struct err *err)
{
	unsigned long long number;

	*ret = value;
	switch (variable->kind) {
	case VARIABLE_TEXT:
		if (!strpbrk(value, "\r\n"))
			return 0;
		return err_set(err, ERR_USAGE, "variable '%s': a value is one line",
			       variable->name);
	case VARIABLE_INTEGER:
		if (span_to_u64(span_of(value), LONG_MAX, &number))
			return 0;
		return err_set(err, ERR_USAGE, "variable '%s': '%s' is no whole number from 0 up",
			       variable->name, value);
	case VARIABLE_BOOLEAN:
		*ret = truth(value);
		if (*ret)
			return 0;
		return err_set(err, ERR_USAGE, "variable '%s': '%s' is neither yes nor no",
			       variable->name, value);
	case VARIABLE_CHOICE: break;
	}
	VEC_FOREACH(choice, &variable->choices) {
		if (str_eq(*choice, value))
			return 0;
	}
	return not_a_choice(variable, value, err);
}
