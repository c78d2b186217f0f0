/* A file that a command reads whole, or its standard input. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* `name` NULL or "-" is the standard input. ERR_LIMIT above `limit` bytes; `ret` is cleared first. */
WARN_UNUSED int input_read(const char *name, size_t limit, struct str *ret, struct err *err);
/* What messages call it. */
const char *input_name(const char *name);

#endif
