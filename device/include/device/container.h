/*
 * Containers of a board's engine (Engine API, "Container"). `id` is an id or a name; `what` stands in messages, so that
 * they can speak of the service.
 */
#ifndef DEVICE_CONTAINER_H
#define DEVICE_CONTAINER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "device/engine.h"

struct container {
	char *id;
	char *name;      /* without the slash */
	char *image;     /* as it was called at creation */
	char *state;     /* "running", "exited", "restarting" ... */
	char *status;    /* for people: "Up 3 minutes (healthy)" */
	int64_t created; /* seconds since the epoch */
	struct strmap labels;
};

struct containers {
	struct container *items;
	size_t len, cap;
};

void containers_release(struct containers *containers);
/* In the order of their names. `label`: KEY or KEY=VALUE that they must have; NULL = any. */
WARN_UNUSED int containers_list(struct engine *engine, const char *label, bool stopped_too,
				struct containers *ret, struct err *err);

/*
 * `body` as compose/engine.h makes it: Config with HostConfig and NetworkingConfig as members. platform
 * NULL = the engine's. What the engine warns of is appended to `warnings`. The caller frees *ret_id.
 */
WARN_UNUSED int container_create(struct engine *engine, const char *name, const char *platform,
				 const json_t *body, char **ret_id, struct strvec *warnings,
				 struct err *err);
/* Running already is fine; so is stopped for container_stop(), and absent for container_remove(). */
WARN_UNUSED int container_start(struct engine *engine, const char *id, struct err *err);
/* SIGTERM or the image's signal, then SIGKILL after `seconds`; -1 = as the container has it. */
WARN_UNUSED int container_stop(struct engine *engine, const char *id, int seconds, struct err *err);
WARN_UNUSED int container_restart(struct engine *engine, const char *id, int seconds,
				  struct err *err);
WARN_UNUSED int container_kill(struct engine *engine, const char *id, const char *signal,
			       struct err *err);
/* With its anonymous volumes when `volumes`; kills it first when it runs. */
WARN_UNUSED int container_remove(struct engine *engine, const char *id, bool volumes,
				 struct err *err);
WARN_UNUSED int container_rename(struct engine *engine, const char *id, const char *name,
				 struct err *err);
/* The engine's whole description; the caller releases it. ERR_NOT_FOUND when there is none. */
WARN_UNUSED int container_inspect(struct engine *engine, const char *id, json_t **ret,
				  struct err *err);
/* Waits for its end without a limit; *ret_status is its exit status. */
WARN_UNUSED int container_wait(struct engine *engine, const char *id, int *ret_status,
			       struct err *err);

#endif
