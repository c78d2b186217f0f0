/*
 * Templates that the user has added: copies, so that they work offline and change only when he says so. One is
 * CONFIG/templates/NAME (fs_config_home()): `files`, its files, and `origin.json`, where they came from. After
 * kept_template_save(), template_list() and template_load() know it by its name.
 */
#ifndef TEMPLATES_KEPT_TEMPLATE_H
#define TEMPLATES_KEPT_TEMPLATE_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "templates/template.h"

/* Where it came from. */
struct template_origin {
	char *where;  /* an absolute directory, or the address of a git repository */
	char *commit; /* of the repository; NULL for a directory */
};

void template_origin_release(struct template_origin *origin);

/* Appends the names, sorted. */
void kept_template_list(struct strvec *ret);
bool kept_template_exists(const char *name);
/* ERR_NOT_FOUND with the nearest name as a hint. */
WARN_UNUSED int kept_template_origin(const char *name, struct template_origin *ret,
				     struct err *err);
WARN_UNUSED int kept_template_load(const char *name, struct template **ret, struct err *err);
/*
 * Replaces one of that name at once: whoever reads it has the old one or the new one. ERR_USAGE when the name is that of
 * a template that is compiled in, or has other characters than letters, digits, '.', '_' and '-'.
 */
WARN_UNUSED int kept_template_save(const char *name, const struct template *template,
				   const struct template_origin *origin, struct err *err);
WARN_UNUSED int kept_template_remove(const char *name, struct err *err);

#endif
