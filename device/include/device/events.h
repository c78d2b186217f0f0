/* What happens on a board's engine, and what it says of the board (Engine API, "System"). */
#ifndef DEVICE_EVENTS_H
#define DEVICE_EVENTS_H

#include <jansson.h>

#include "base/err.h"
#include "base/monitor.h"
#include "device/engine.h"

/* GET /info; the caller releases it. */
WARN_UNUSED int engine_info(struct engine *engine, json_t **ret, struct err *err);
/*
 * Does it keep images in containerd's content store, as Docker 29 does unless told otherwise? There blobs are what images are
 * made of, and an image is called by the digest of its manifest.
 */
WARN_UNUSED int engine_keeps_blobs(struct engine *engine, bool *ret, struct err *err);

struct engine_listener {
	/* An event as the engine sends it: Type, Action, Actor. A failure ends the listening. */
	int (*event)(void *data, const json_t *event, struct err *err);
	void *data;
};

/* Events of containers with that label (KEY or KEY=VALUE) until `monitor` ends it or the connection breaks. */
WARN_UNUSED int engine_listen(struct engine *engine, const char *label,
			      const struct engine_listener *listener, const struct monitor *monitor,
			      struct err *err);

#endif
