/*
 * The smallest program there is for a processor: it does nothing but end with a status of its own. What runs it can run
 * programs of that processor.
 */
#ifndef DOCTOR_PROBE_H
#define DOCTOR_PROBE_H

#include <stdbool.h>

#include "base/str.h"

#define PROBE_STATUS 42

/* An ELF file for linux/`arch`, as platforms name it. False when none is known for it. */
bool probe_make(const char *arch, struct str *ret);

#endif
