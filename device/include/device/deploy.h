/*
 * A compose model on a board, as `docker compose up` would make it, so that docker compose there recognises it: networks,
 * volumes and containers with compose's names and labels; what has not changed is left alone.
 *
 * Source: the compose specification; what docker compose does with an engine (recreation by configuration hash, start
 * order by conditions of depends_on).
 */
#ifndef DEVICE_DEPLOY_H
#define DEVICE_DEPLOY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/monitor.h"
#include "base/vec.h"
#include "compose/load.h"
#include "device/engine.h"
#include "registry/client.h"

/*
 * What counts as healthy: every service runs, or has ended with 0 and is not to be started again, its healthcheck says so
 * if it has one, and for `for_ms` it was not started again. If nothing was changed, that it is so now is enough.
 */
struct deploy_health {
	uint64_t for_ms, timeout_ms;
};

/* All borrowed. */
struct deploy_request {
	struct engine *engine;
	const struct compose *compose;
	/*
	 * Ids of images that are on the board already, by service (device/send.h). Images of all other services are looked
	 * for there, and pulled by the engine when they are missing.
	 */
	const struct strmap *image_ids;
	/* The same for images of pre_start hooks, by their names in the file; NULL = none. */
	const struct strmap *hook_image_ids;
	/* Whose credentials the engine uses when it pulls; NULL = none. */
	struct registry *registry;
	const struct strvec
		*env; /* more variables of containers: [SERVICE:]NAME=VALUE; NULL = none */
	/* Variables of containers whose service does not have them, of no weight for what has changed; NULL = none. */
	const struct strmap *proxies;
	const char *platform; /* of the images; NULL = the engine's own */
	bool recreate;        /* containers that have not changed as well */
	bool remove_orphans;  /* containers of services that are no longer in the file */
	bool wait;            /* until all run, and are healthy where they have a healthcheck */
	/* In place of `wait`: until all have been healthy for some time; NULL = no. */
	const struct deploy_health *health;
	const struct strmap *labels; /* more labels of containers, of no weight; NULL = none */
	const struct monitor *monitor;
};

struct deploy_result {
	unsigned created, recreated, started, unchanged, removed;
	struct strvec orphans;    /* names of containers that were left; sorted */
	struct strmap containers; /* service -> id of its first container */
};

void deploy_result_release(struct deploy_result *result);
/*
 * All or nothing: when a container cannot be made or started, a dependency does not get healthy, or the user stops us,
 * containers, networks and volumes become what they were before; the error names the service. A deployment that was
 * killed is undone or, if it was the same, brought to its end.
 */
WARN_UNUSED int deploy_run(const struct deploy_request *request, struct deploy_result *ret,
			   struct err *err);

#endif
