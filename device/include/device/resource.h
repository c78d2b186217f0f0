/* Networks and volumes of a board's engine (Engine API, "Network", "Volume"). */
#ifndef DEVICE_RESOURCE_H
#define DEVICE_RESOURCE_H

#include <jansson.h>

#include "base/err.h"
#include "base/vec.h"
#include "device/engine.h"

/* The engine's description; the caller releases it. ERR_NOT_FOUND when there is none. */
WARN_UNUSED int network_inspect(struct engine *engine, const char *name, json_t **ret,
				struct err *err);
/* `body` as compose/engine.h makes it. */
WARN_UNUSED int network_create(struct engine *engine, const json_t *body, struct err *err);
WARN_UNUSED int network_remove(struct engine *engine, const char *name, struct err *err);
/* Also one that does not run. */
WARN_UNUSED int network_disconnect(struct engine *engine, const char *name, const char *container,
				   struct err *err);
/* `endpoint` is the EndpointConfig; NULL = none. */
WARN_UNUSED int network_connect(struct engine *engine, const char *name, const char *container,
				const json_t *endpoint, struct err *err);

WARN_UNUSED int volume_inspect(struct engine *engine, const char *name, json_t **ret,
			       struct err *err);
WARN_UNUSED int volume_remove(struct engine *engine, const char *name, struct err *err);
WARN_UNUSED int volume_create(struct engine *engine, const json_t *body, struct err *err);

#endif
