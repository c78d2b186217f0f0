/*
 * The language of project templates (docs/templates.md): values, conditions and nothing else. Nothing
 * in a template is ever executed.
 *
 *	FROM {{ image }}
 *	{{#if port != "80"}}
 *	EXPOSE {{ port }}
 *	{{else}}
 *	# the usual port
 *	{{/if}}
 */
#ifndef TEMPLATES_RENDERING_H
#define TEMPLATES_RENDERING_H

#include <stdbool.h>

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

/*
 * Appends `text` with its tags carried out to `ret`; `file` is its name in messages. ERR_INPUT shows
 * all problems with their places, among them names that `values` has not, in branches that are not
 * taken as well; ERR_LIMIT when the result passes LIMIT_TEMPLATE_FILE.
 */
WARN_UNUSED int rendering_expand(struct span text, const char *file, const struct strmap *values,
				 struct str *ret, struct err *err);
/*
 * Does `condition` hold? NAME is true unless its value is empty or "false"; NAME == "TEXT", NAME !=
 * "TEXT", !, &&, || and parentheses. ERR_INPUT without a place.
 */
WARN_UNUSED int condition_holds(struct span condition, const struct strmap *values, bool *ret,
				struct err *err);
/* The value of a name; ERR_INPUT with the nearest name as a hint when there is none. */
WARN_UNUSED int rendering_value(struct span name, const struct strmap *values, const char **ret,
				struct err *err);

#endif
