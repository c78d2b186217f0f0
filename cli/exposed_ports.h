/* The ports that a Dockerfile speaks of, for the compose file that `edgectl init --from-existing` makes for it. */
#ifndef CLI_EXPOSED_PORTS_H
#define CLI_EXPOSED_PORTS_H

#include "base/str.h"

/*
 * Appends the items of a compose service's `ports` for the last stage of the Dockerfile: "8080:8080", "53:53/udp". Nothing where
 * there are none, where only variables say which, or where the file cannot be read: a build tells what is wrong with it.
 */
void exposed_ports(const char *dockerfile, struct str *ret);

#endif
