/* What the files of this room know of an engine beyond device/engine.h. */
#ifndef DEVICE_ENGINE_PRIVATE_H
#define DEVICE_ENGINE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "connection.h"
#include "device/engine.h"

struct engine {
	char *name;
	struct device_address address;
	const struct monitor *monitor;
	atomic_bool ignores_cancel;
	struct connection *connection;
	struct engine_about about; /* api_minor 0 = not agreed yet */
	pthread_rwlock_t lock;     /* calls read, reconnecting writes */
};

#endif
