/* --limit-rate: how much of the line a command may take. */
#ifndef CLI_RATE_OPTION_H
#define CLI_RATE_OPTION_H

#include <stdint.h>

#include "base/err.h"
#include "option.h"

/* `field` is a `const char *`. */
#define OPTION_LIMIT_RATE(T, field)                                  \
	OPTION_STRING(T, field, 0, "limit-rate", "RATE", VALUE_TEXT, \
		      "Transfer at most RATE bytes per second, all blobs together: 512K, 2M")

/* NULL = no limit, 0. ERR_USAGE. */
WARN_UNUSED int rate_option_parse(const char *text, uint64_t *ret, struct err *err);

#endif
