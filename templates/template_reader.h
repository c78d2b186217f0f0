/* template.yaml to a template; docs/templates.md has the format. */
#ifndef TEMPLATE_READER_H
#define TEMPLATE_READER_H

#include "templates/template.h"

#define TEMPLATE_MANIFEST "template.yaml"

/*
 * Fills the template, whose files are there already, from the manifest's text, which lives as long as
 * it. `name` is what messages call the manifest. ERR_INPUT with all problems, ERR_LIMIT.
 */
WARN_UNUSED int template_read(struct template *template, const char *name, struct span text,
			      struct err *err);

#endif
