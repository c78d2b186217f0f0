/* What --template and `template show` take: a name, a directory, or the address of a git repository. */
#ifndef CLI_TEMPLATE_SOURCE_H
#define CLI_TEMPLATE_SOURCE_H

#include "base/err.h"
#include "templates/template.h"

/*
 * A word with a slash is a directory or an address, "." and ".." are directories, all others are names.
 * Fetching can be interrupted, and says on stderr when it falls back to a kept copy.
 */
WARN_UNUSED int template_source_load(const char *where, struct template **ret, struct err *err);

#endif
