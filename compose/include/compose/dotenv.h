/*
 * Files of environment variables: .env, env_file and label_file. Source: the dotenv dialect of
 * compose-go (a descendant of godotenv), documented in compose-spec 05-services.md, env_file.
 */
#ifndef COMPOSE_DOTENV_H
#define COMPOSE_DOTENV_H

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "compose/template.h"

/*
 * Sets in `out` what the text assigns. Values in it are expanded: `scope` is asked first, then `out`
 * with what is there already; a bare NAME takes its value from `scope`, or is left out. `name` is
 * what messages call the text; the place is in err->span.
 */
WARN_UNUSED int dotenv_parse(struct span text, const char *name, const struct template_scope *scope,
			     struct strmap *out, struct err *err);
/* The same for `format: raw`: KEY=value by lines as `docker run --env-file` reads it, nothing expanded. */
WARN_UNUSED int dotenv_parse_raw(struct span text, const char *name,
				 const struct template_scope *scope, struct strmap *out,
				 struct err *err);

#endif
