/* The texts of /etc/resolv.conf and /etc/hosts that a step sees. Pure functions, and the reading of the host's file. */
#ifndef SANDBOX_HOST_FILES_H
#define SANDBOX_HOST_FILES_H

#include <stdbool.h>

#include "base/str.h"

/* Does it name systemd-resolved's stub, 127.0.0.53, and nothing else? resolv.conf(5) */
bool resolv_conf_is_stub(struct span text);
/* The host's; behind the stub it is the list of the real servers. Without any file it is empty. */
void resolv_conf_read(struct str *ret);
/* localhost and the step's own name. hosts(5) */
void hosts_write(const char *hostname, struct str *ret);

#endif
