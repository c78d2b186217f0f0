/*
 * The container engine of a board, spoken to in the Docker Engine API (docs.docker.com/reference/api/engine) over a
 * unix socket, TCP, TLS, or a unix socket of the board that ssh(1) forwards: Docker, balenaEngine, or Podman's service.
 *
 *	device_address_parse("pi.local", &address, err);
 *	engine_open("pi.local", &address, &monitor, &engine, err);
 *	engine_about(engine)->version
 *
 * Any number of threads may use one engine. Every failure says which board it was and what it was asked.
 */
#ifndef DEVICE_ENGINE_H
#define DEVICE_ENGINE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/monitor.h"
#include "device/address.h"

/* Versions of the API, of which all are 1.MINOR. */
#define ENGINE_API_OLDEST 40 /* Docker 19.03, balenaEngine 19.03 */
#define ENGINE_API_NEWEST 52 /* Docker 29; as far as we know what it means */

struct engine;

struct engine_about {
	char *product; /* "Docker", "balenaEngine", "Podman" */
	char *version;
	unsigned api_minor; /* that we speak with it */
	char *os, *arch;    /* as Go names them: "linux", "arm64" */
	char *kernel;
};

/*
 * Connects and agrees on the version of the API. `name` is what the user calls the board. ERR_NETWORK
 * when it cannot be reached, ERR_DENIED when ssh, the socket or TLS refuse us, ERR_UNSUPPORTED for an
 * engine that is too old or too new, ERR_NOT_FOUND when no engine listens there. All are borrowed until
 * engine_free() but the address.
 */
WARN_UNUSED int engine_open(const char *name, const struct device_address *address,
			    const struct monitor *monitor, struct engine **ret, struct err *err);
void engine_free(struct engine *engine);

static inline void engine_freep(struct engine **engine)
{
	engine_free(*engine);
	*engine = NULL;
}

const char *engine_name(const struct engine *engine);
const struct engine_about *engine_about(const struct engine *engine);
/* What engine_open() was told. */
const struct device_address *engine_address(const struct engine *engine);

/*
 * While it is on, calls are not cut off when the user stops us: for putting things back in order. They have their
 * deadlines.
 */
void engine_ignore_cancel(struct engine *engine, bool on);

/*
 * After ERR_NETWORK: builds the connection anew (an ssh that died is started again), when all calls have
 * ended. Errors as of engine_open(); calls fail until it has worked.
 */
WARN_UNUSED int engine_reconnect(struct engine *engine, struct err *err);

#endif
