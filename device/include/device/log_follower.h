/*
 * What a service's container prints, line by line, for as long as it is asked for: through restarts and recreations of the
 * container and through broken connections, nothing twice and nothing left out that the engine still has. Runs in a thread
 * of its own.
 */
#ifndef DEVICE_LOG_FOLLOWER_H
#define DEVICE_LOG_FOLLOWER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "device/engine.h"

struct log_follower;

/* All borrowed. */
struct log_source {
	struct engine *engine;
	const char *project, *service;
	const char *tail; /* so many of the last lines at first; NULL = all */
	/* Called from the thread; `line` without its end. */
	void (*line)(void *data, const char *service, int stream, struct span line);
	void *data;
	/* Set when the connection broke: whoever looks at it reconnects the engine. */
	atomic_bool *lost;
};

WARN_UNUSED int log_follower_start(const struct log_source *source, struct log_follower **ret,
				   struct err *err);
/* Ends it, at once. */
void log_follower_stop(struct log_follower *follower);

#endif
