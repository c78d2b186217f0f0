/*
 * Ctrl-C and SIGTERM for long operations: the first one makes a descriptor readable
 * (monitor.cancel_fd), so that work ends in order; the second one ends the process at once.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

#include "base/err.h"

/* *ret_cancel_fd belongs to this file and lives as long as the process. */
WARN_UNUSED int interrupt_watch(int *ret_cancel_fd, struct err *err);
/* What is written to the terminal before the process ends at once; NULL = nothing. Not copied. */
void interrupt_set_farewell(const char *text);

/* Has one of the watched signals come? */
bool interrupt_came(void);

#endif
