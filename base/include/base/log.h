/*
 * Debug lines on stderr, switched on by EDGECTL_DEBUG=area,area or EDGECTL_DEBUG=all. The only
 * printing below cli/. Secrets never get here: callers pass URLs and headers through log_mask().
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/attr.h"

bool log_enabled(const char *area);
void log_debug(const char *area, const char *fmt, ...) PRINTF_LIKE(2, 3);
/*
 * A copy with credentials, tokens, signatures and upload state replaced by "***"; the caller frees.
 */
char *log_mask(const char *text);

#endif
