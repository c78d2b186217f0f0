/* What of the machine's other processes a step can talk to. */
#ifndef SANDBOX_SCOPE_H
#define SANDBOX_SCOPE_H

#include "base/err.h"

/*
 * This process and all that it starts can neither connect to abstract sockets of processes outside nor signal these: landlock(7),
 * since Linux 6.12; an older kernel changes nothing. A step shares the host's network namespace, in which abstract sockets are, and
 * root of the host is root to daemons that listen there (CVE-2020-15257). Takes CAP_SYS_ADMIN of the user namespace.
 */
WARN_UNUSED int scope_limit(struct err *err);

#endif
