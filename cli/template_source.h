/* What --template and `template show` take: a name, a directory, or the address of a git repository. */
#ifndef CLI_TEMPLATE_SOURCE_H
#define CLI_TEMPLATE_SOURCE_H

#include "base/err.h"
#include "templates/kept_template.h"
#include "templates/template.h"

/*
 * A word with a slash is a directory or an address, "." and ".." are directories, all others are names.
 * Fetching can be interrupted, and says on stderr when it falls back to a kept copy.
 */
WARN_UNUSED int template_source_load(const char *where, struct template **ret, struct err *err);
/*
 * The same of a directory or an address only, with where it came from. *ret_unreachable is why a copy of the cache had to
 * serve; NULL when it is what is there now. The caller frees it.
 */
WARN_UNUSED int template_source_fetch(const char *where, struct template **ret,
				      struct template_origin *ret_origin, char **ret_unreachable,
				      struct err *err);

#endif
