/* The bound on what the store may take: EDGECTL_STORE_LIMIT=SIZE. */
#ifndef CLI_STORE_LIMIT_H
#define CLI_STORE_LIMIT_H

#include <stdint.h>

#include "base/err.h"
#include "base/monitor.h"
#include "image/store.h"

#define STORE_LIMIT_VARIABLE "EDGECTL_STORE_LIMIT"

/* 0 = none. ERR_USAGE when it is not a size. */
WARN_UNUSED int store_limit_read(uint64_t *ret, struct err *err);
/*
 * At the end of a build: what was least recently used goes, if it must. What comes of it is an event; a
 * failure is a warning, for the build has succeeded.
 */
void store_limit_apply(struct store *store, uint64_t limit, const struct monitor *monitor);

#endif
