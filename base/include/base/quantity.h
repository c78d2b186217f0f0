/* Quantities as people write them. */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include <stdint.h>

#include "base/err.h"

/* "512", "20GB", "1.5g", "300MiB": powers of 1024, as docker reads the sizes of caches. ERR_USAGE. */
WARN_UNUSED int quantity_parse_size(const char *text, uint64_t *ret, struct err *err);
/* "24h", "1h30m", "45s", "7d", "2w", in nanoseconds. ERR_USAGE. */
WARN_UNUSED int quantity_parse_duration(const char *text, uint64_t *ret, struct err *err);

#endif
