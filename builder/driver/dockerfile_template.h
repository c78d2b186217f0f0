/*
 * Dockerfile templates: `%%NAME%%` stands for a value. Plain text in place of plain text; nothing of
 * a template is ever executed, whatever it looks like to the engine that balena uses.
 */
#ifndef DRIVER_DOCKERFILE_TEMPLATE_H
#define DRIVER_DOCKERFILE_TEMPLATE_H

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

/*
 * Appends `text` with its names replaced to `ret`. A name is made of A-Z and '_', two or more,
 * beginning with a letter; anything else between percent signs stays as it is, and so do lines whose
 * first character is '#'. ERR_INPUT shows all names that `values` lacks, with what was meant;
 * `name` is the file's. Lines keep their numbers.
 */
WARN_UNUSED int dockerfile_template_expand(struct span text, const char *name,
					   const struct strmap *values, struct str *ret,
					   struct err *err);

#endif
