/* The texts of /etc/resolv.conf and /etc/hosts that a step sees. Pure functions, and the reading of the host's file. */
#ifndef SANDBOX_HOST_FILES_H
#define SANDBOX_HOST_FILES_H

#include <stdbool.h>

#include "base/str.h"
#include "sandbox/step_options.h"

/* Does it name systemd-resolved's stub, 127.0.0.53, and nothing else? resolv.conf(5) */
bool resolv_conf_is_stub(struct span text);
/* The host's; behind the stub it is the list of the real servers. Without any file it is empty. */
void resolv_conf_read(struct str *ret);
/* The same, with the name servers of the options in place of the host's where there are any. */
void resolv_conf_write(const struct step_options *options, struct str *ret);
/* localhost, the step's own name, and what the options add. hosts(5) */
void hosts_write(const char *hostname, const struct step_options *options, struct str *ret);

#endif
