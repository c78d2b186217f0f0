/* Settings of the kernel, sysctl(8). */
#ifndef DOCTOR_SYSCTL_H
#define DOCTOR_SYSCTL_H

#include <stdbool.h>

#include "base/str.h"

/* `name` with slashes: "user/max_user_namespaces". -1 = there is none, or it is no number. */
long long sysctl_number(const char *name);
/* Is `word` one of its words? */
bool sysctl_has_word(const char *name, const char *word);

#endif
