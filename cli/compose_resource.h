/*
 * Compose files that are elsewhere, for struct compose_options: in git repositories, and in registries
 * as `docker compose publish` puts them there. They are kept in edgectl's cache directory.
 */
#ifndef CLI_COMPOSE_RESOURCE_H
#define CLI_COMPOSE_RESOURCE_H

#include "base/err.h"

/* Fits struct compose_remote; `data` is a bool: may registries be insecure? */
WARN_UNUSED int compose_resource_fetch(void *data, const char *resource, char **ret_path,
				       struct err *err);

#endif
