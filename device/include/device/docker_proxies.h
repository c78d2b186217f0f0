/* The proxies of docker's own configuration here, which its client puts into every container that it makes. */
#ifndef DEVICE_DOCKER_PROXIES_H
#define DEVICE_DOCKER_PROXIES_H

#include "base/err.h"
#include "base/map.h"
#include "device/address.h"

/*
 * HTTP_PROXY, http_proxy and the like with the values that "proxies" of $DOCKER_CONFIG/config.json or ~/.docker/config.json
 * has for the engine at `address`, else for "default" (docs.docker.com, "Use a proxy server with the Docker CLI"). None when
 * there is no such file; ERR_INPUT or ERR_SYSTEM when it cannot be read.
 */
WARN_UNUSED int docker_proxies_read(const struct device_address *address, struct strmap *ret,
				    struct err *err);

#endif
