/*
 * Project templates: files with tags (templates/rendering.h), and what template.yaml says of them.
 * docs/templates.md has the format.
 *
 *	AUTO(template_freep) struct template *template = NULL;
 *
 *	if (template_load("c-cmake", &template, err) < 0) ...
 *
 * Those that are compiled in come from templates/projects/. Everything a template points to belongs
 * to it. A template comes from strangers: it names no command and nothing of it is executed, and it
 * holds regular files only.
 */
#ifndef TEMPLATES_TEMPLATE_H
#define TEMPLATES_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "base/yaml.h"
#include "image/platform.h"
#include "templates/board.h"
#include "templates/word_list.h"

enum variable_kind { VARIABLE_TEXT, VARIABLE_INTEGER, VARIABLE_BOOLEAN, VARIABLE_CHOICE };

struct template_variable {
	const char *name;
	enum variable_kind kind;
	const char *question;  /* NULL = its name */
	const char *fallback;  /* with tags; NULL = there is none */
	const char *condition; /* when it is asked for; NULL = always. Without, its value is "" */
	struct word_list choices;
	struct yaml_mark mark; /* its `file` is the template's */
};

/* What holds for files of this path, or below it when it ends in a slash. */
struct template_rule {
	const char *path;
	const char *condition; /* NULL = always */
	bool is_verbatim;      /* its tags are text */
};

struct template_file {
	const char *path; /* with tags */
	struct span text;
	bool is_executable;
};

struct template
{
	const char *name;
	const char *summary;
	const char *description;    /* NULL = none */
	struct word_list platforms; /* that its base images are made for; none = any */
	unsigned peripherals;       /* PERIPHERAL_BIT()s of what the project uses */
	struct {
		struct template_variable *items;
		size_t len, cap;
	} variables;
	struct {
		struct template_rule *items;
		size_t len, cap;
	} rules;
	struct {
		struct template_file *items; /* by path; without template.yaml */
		size_t len, cap;
	} files;
	struct span manifest_text;
	struct diags *manifest; /* where the marks are */
	struct arena *arena;
};

/* The names of those that are compiled in and of those that were added (kept_template.h), sorted. */
void template_list(struct strvec *ret);
bool template_is_builtin(const char *name);
/*
 * One of the list. ERR_NOT_FOUND with the nearest name as a hint.
 */
WARN_UNUSED int template_load(const char *name, struct template **ret, struct err *err);
/*
 * A directory with template.yaml. ERR_INPUT with all problems of the manifest, for links and other
 * files that are not regular; ERR_LIMIT.
 */
WARN_UNUSED int template_load_dir(const char *dir, struct template **ret, struct err *err);
void template_free(struct template *template);

static inline void template_freep(struct template **template)
{
	template_free(*template);
}

bool template_suits(const struct template *template, const struct platform *platform);
/* NULL when there is none. */
const struct template_variable *template_variable(const struct template *template,
						  const char *name);
/*
 * The names that every template knows: name, registry, image, platform, board and board.*; `registry`
 * NULL = none.
 */
void template_set_builtins(const struct template *template, const struct board *board,
			   const char *name, const char *registry, struct strmap *values);
/* Is it to be asked for? */
WARN_UNUSED int template_variable_applies(const struct template_variable *variable,
					  const struct strmap *values, bool *ret, struct err *err);
/* Appends the default, with the values of those before it. */
WARN_UNUSED int template_variable_fallback(const struct template_variable *variable,
					   const struct strmap *values, struct str *ret,
					   struct err *err);
/*
 * ERR_USAGE when the value is none that the variable can have. *ret is how the value is kept ("yes"
 * is "true"), borrowed.
 */
WARN_UNUSED int template_variable_check(const struct template_variable *variable, const char *value,
					const char **ret, struct err *err);

#endif
