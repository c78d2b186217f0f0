/*
 * What a resolved model means to a Docker Engine: the bodies of the requests that create its
 * containers, networks and volumes. Pure functions; nothing here talks to an engine.
 *
 * Source: the Engine API reference (docs.docker.com/reference/api/engine), and what docker compose
 * sends. Members that would only repeat the engine's defaults are left out.
 */
#ifndef COMPOSE_ENGINE_H
#define COMPOSE_ENGINE_H

#include <jansson.h>

#include "base/err.h"
#include "base/map.h"
#include "compose/load.h"

struct compose_engine {
	unsigned api_minor;   /* of the API's version: 47 stands for 1.47 */
	const char *version;  /* ours, for the labels */
	const char *image_id; /* of the service's image, for a label; NULL = not known */
	const char *platform; /* of services that name none or have a build; NULL = the engine's */
	/*
	 * Service -> id of its first container, of those that are there already: what "service:x" means in a namespace
	 * or in volumes_from, and in the hash; NULL = their names.
	 */
	const struct strmap *containers;
};

/*
 * *ret holds `name`, `platform` (when there is one), `Config`, `HostConfig`, `NetworkingConfig`,
 * and below API 1.44, which takes one network only, `Connect`: the endpoints by network that are to be
 * connected afterwards. The body of POST /containers/create is Config with the next two as members.
 * `number` counts from 1. ERR_INPUT for what no engine would take; ERR_UNSUPPORTED for what this API
 * version lacks. The caller releases *ret.
 */
WARN_UNUSED int compose_engine_container(const struct compose *compose,
					 const struct compose_engine *engine, const char *service,
					 unsigned number, json_t **ret, struct err *err);
/*
 * A secret or config that is no file of the host: it is put into the container, as an archive, after
 * the container was created and before it starts.
 */
struct compose_injected {
	char *path;      /* in the container, absolute */
	char *content;   /* may be a secret: never shown */
	char *uid, *gid; /* NULL = 0 */
	unsigned mode;
};

struct compose_injected_files {
	struct compose_injected *items;
	size_t len, cap;
};

/* ERR_INPUT when a variable is not set, or the service cannot take files. Release it in any case. */
WARN_UNUSED int compose_engine_files(const struct compose *compose, const char *service,
				     struct compose_injected_files *ret, struct err *err);
void compose_injected_files_release(struct compose_injected_files *files);

/*
 * The body of POST /networks/create and /volumes/create for the resource `key`; of an external one
 * {"external": NAME}, which has to be there. NULL when there is no such resource. The caller releases.
 */
json_t *compose_engine_network(const struct compose *compose, const struct compose_engine *engine,
			       const char *key);
json_t *compose_engine_volume(const struct compose *compose, const struct compose_engine *engine,
			      const char *key);

/*
 * Changes when a container of the service has to be made anew: SHA-256 over what it is made of, without `build`,
 * `pull_policy`, the number of containers, dependencies and profiles. It is the one of docker compose (`config --hash`), of
 * its newest versions; 2.26 counts dependencies as well, and writes bind mounts another way. 64 hex digits; NULL when there is no such service. The caller frees.
 */
char *compose_service_hash(const struct compose *compose, const char *service);

#endif
