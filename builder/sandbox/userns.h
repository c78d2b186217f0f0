/* Why the kernel gave no user namespace, and what mends it. */
#ifndef SANDBOX_USERNS_H
#define SANDBOX_USERNS_H

#include "base/err.h"

/* `errnum` is what unshare(2) or a mount in the new namespace said. Returns -1 with the sysctl or the profile named. */
int userns_explain(int errnum, struct err *err);

#endif
