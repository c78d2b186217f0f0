/*
 * Times and sizes as compose files write them. Source: compose-spec 11-extension.md ("Specifying byte
 * values", "Specifying durations"); the units are those of docker/go-units and of Go's package time.
 */
#ifndef COMPOSE_QUANTITY_H
#define COMPOSE_QUANTITY_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* "1h30m", ".5s", "2w3d", "-5s": nanoseconds. */
WARN_UNUSED int compose_parse_duration(const char *text, int64_t *ret_ns, struct err *err);
/* As Go prints it: "1h30m0s", "1.5s", "100ms". */
void compose_format_duration(int64_t ns, struct str *out);
/* "64m", "1.5gb", "1 KiB", "1024": bytes by powers of 1024. "-1" stands for no limit. */
WARN_UNUSED int compose_parse_bytes(const char *text, int64_t *ret_bytes, struct err *err);

#endif
