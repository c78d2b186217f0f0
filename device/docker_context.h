/* What docker's own client would connect to (docs.docker.com, "Docker contexts", "Environment variables"). */
#ifndef DEVICE_DOCKER_CONTEXT_H
#define DEVICE_DOCKER_CONTEXT_H

#include <stdbool.h>

#include "base/err.h"
#include "device/address.h"

/* Of docker's own configuration, which may not be there; NULL when there is no home. The caller frees. */
char *docker_config_path(void);
/* A context by name, of $DOCKER_CONFIG or ~/.docker. ERR_INPUT for one that is there and cannot be read. */
WARN_UNUSED int docker_context_find(const char *name, struct device_address *ret, bool *ret_found,
				    struct err *err);
/* DOCKER_HOST with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, else DOCKER_CONTEXT or the current context. */
WARN_UNUSED int docker_environment(struct device_address *ret, bool *ret_found, struct err *err);

#endif
