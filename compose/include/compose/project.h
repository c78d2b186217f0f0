/*
 * A resolved model as C structures: what builds, deployments and live sync read. Everything belongs to
 * the struct compose and is for reading only; vectors and maps are not to be changed or released.
 * NULL, 0 and false stand for what is not said. How a container is to run is not here but in
 * compose/engine.h, in the engine's own terms.
 */
#ifndef COMPOSE_PROJECT_H
#define COMPOSE_PROJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "base/vec.h"
#include "compose/load.h"

/* A secret or config that a build or service uses. */
struct compose_source {
	const char *source; /* key in the project's secrets or configs */
	const char *target; /* NULL = the source's name */
	const char *uid, *gid;
	const char *mode; /* octal, "0440"; NULL = 0444 */
};

struct compose_sources {
	struct compose_source *items;
	size_t len, cap;
};

struct compose_build {
	const char *context;    /* an absolute path or a URL */
	const char *dockerfile; /* relative to the context */
	const char *dockerfile_inline;
	const char *target, *network, *isolation;
	const char *provenance, *sbom;
	const char *shm_size; /* bytes, decimal */
	bool no_cache, pull, privileged;
	struct strmap args, labels;
	struct strmap additional_contexts; /* to paths, URLs or "service:NAME" */
	struct strmap ulimits;             /* to "SOFT:HARD" */
	struct strvec cache_from, cache_to, entitlements, no_cache_filter, platforms, tags;
	struct strvec extra_hosts; /* "host=address" */
	struct strvec ssh;         /* "default" or "id: path" */
	struct compose_sources secrets;
};

enum compose_condition { COMPOSE_STARTED, COMPOSE_HEALTHY, COMPOSE_COMPLETED };

struct compose_dependency {
	const char *name;
	enum compose_condition condition;
	bool required, restart;
};

struct compose_hook {
	struct strvec command;
	const char *image; /* of pre_start hooks */
	const char *user, *working_dir;
	bool privileged, per_replica;
	struct strmap environment; /* NULL values: names without one */
};

enum compose_action {
	COMPOSE_REBUILD,
	COMPOSE_SYNC,
	COMPOSE_RESTART,
	COMPOSE_SYNC_RESTART,
	COMPOSE_SYNC_EXEC,
};

struct compose_watch {
	const char *path; /* absolute */
	enum compose_action action;
	const char *target; /* in the container */
	struct strvec ignore, include;
	struct compose_hook exec; /* no command = none */
	bool initial_sync;
};

struct compose_service {
	const char *name;
	const char *image;           /* NULL = PROJECT-SERVICE */
	struct compose_build *build; /* NULL = not built */
	const char *platform, *pull_policy, *container_name;
	const char *provider; /* its type: runs no container */
	bool use_api_socket;
	int64_t scale; /* number of containers */
	struct strmap environment, labels;
	struct strmap edgectl; /* x-edgectl: what is for us alone */
	struct strvec profiles;
	struct {
		struct compose_dependency *items;
		size_t len, cap;
	} depends_on;
	struct {
		struct compose_watch *items;
		size_t len, cap;
	} watch;
	struct compose_hooks {
		struct compose_hook *items;
		size_t len, cap;
	} pre_start, post_start, pre_stop;
	struct compose_sources secrets, configs;
};

/* A network, volume, secret or config. */
struct compose_resource {
	const char *key;  /* by which services refer to it */
	const char *name; /* by which the engine knows it */
	bool external;
	const char *file, *environment, *content; /* of secrets and configs */
};

struct compose_resources {
	struct compose_resource *items;
	size_t len, cap;
};

struct compose_project {
	const char *name;
	const char *directory; /* absolute */
	struct {
		struct compose_service *items; /* by name */
		size_t len, cap;
	} services;
	struct compose_resources networks, volumes, secrets, configs;
};

/* Not for models that were loaded with no_interpolate: NULL. */
const struct compose_project *compose_project(const struct compose *compose);
/* NULL when there is none of that name. */
const struct compose_service *compose_find_service(const struct compose_project *project,
						   const char *name);
const struct compose_resource *compose_find_resource(const struct compose_resources *resources,
						     const char *key);

#endif
