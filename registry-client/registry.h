/* The inside of struct registry. */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include <pthread.h>

#include "host.h"
#include "http.h"
#include "presence.h"
#include "registries.h"
#include "registry/client.h"
#include "retry.h"
#include "secrets.h"

struct hosts {
	struct host **items;
	size_t len, cap;
};

struct registry {
	const struct monitor *monitor;
	bool insecure, verbose;
	unsigned jobs;
	struct strvec auth_files;
	struct secrets secrets;     /* that the user named: before those files */
	struct secrets own_secrets; /* of ~/.balena: after them */
	bool own_secrets_are_read;
	struct retry_policy retry;
	struct http *http;
	struct registries registries;
	struct hosts hosts;
	struct presence presence;
	pthread_mutex_t mutex; /* recursive */
};

/*
 * Every public function works with the registry locked: a build asks for bases from many threads.
 *
 *	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
 */
struct registry *registry_lock(struct registry *registry);
void registry_unlockp(struct registry **registry);

/* Made when it is asked for first; lives as long as the registry. */
struct host *registry_host(struct registry *registry, const char *name);
/* The credentials for a repository of the host, perhaps none; read once. Borrowed. */
WARN_UNUSED int registry_login(struct registry *registry, struct host *host, const char *repository,
			       const struct credentials **ret, struct err *err);

#endif
