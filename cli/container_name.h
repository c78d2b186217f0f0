/* How the commands about one container of a board are told which: by its name, its id, or its service. */
#ifndef CLI_CONTAINER_NAME_H
#define CLI_CONTAINER_NAME_H

#include <stdbool.h>

#include <jansson.h>

#include "base/err.h"
#include "device/engine.h"

/*
 * What the engine says of the container that `word` means; the caller drops it. Of a service's containers the first that
 * runs, else the first, unless `running`. ERR_INPUT when several projects have such a service, ERR_NOT_FOUND when there is
 * no such container.
 */
WARN_UNUSED int container_name_resolve(struct engine *engine, const char *word, bool running,
				       json_t **ret, struct err *err);
/* Its name without the slash that engines put before it; borrowed from the details. */
const char *container_name_of(const json_t *details);

#endif
