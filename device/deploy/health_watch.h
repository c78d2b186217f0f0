/*
 * Is a container healthy, and for how long? Pure: it is told what the engine says of the container and what time it is,
 * again and again.
 */
#ifndef DEPLOY_HEALTH_WATCH_H
#define DEPLOY_HEALTH_WATCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* So many starts by the engine are no accident. */
#define HEALTH_RESTARTS 3

/* Zeroed before the first look. */
struct health_watch {
	bool has_looked;
	char started[64];       /* as the engine says it */
	unsigned starts;        /* again, since the first look */
	uint64_t healthy_since; /* 0 = it is not */
	const char *
		waiting_for; /* why it is not healthy yet: "its healthcheck has not answered yet" */
};

/*
 * `container` is the engine's description, `now_ms` of one clock and never 0. -1 with ERR_CHILD when it will not become
 * healthy: it ended, is unhealthy, or starts over and over.
 */
WARN_UNUSED int health_watch_look(struct health_watch *watch, const json_t *container,
				  uint64_t now_ms, struct err *err);

/* That a container is unhealthy, with the last line of what its check has said; `health` is of its state. Returns -1. */
int health_say_unhealthy(const json_t *health, struct err *err);

#endif
