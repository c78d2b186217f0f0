/* docker's config.json and podman's auth.json as trees: who is where in them. Pure. */
#ifndef REGISTRY_CREDENTIALS_FILE_H
#define REGISTRY_CREDENTIALS_FILE_H

#include "base/json.h"

/* docker's key for its hub, for reasons of age */
#define DOCKER_HUB_SERVER "https://index.docker.io/v1/"

/*
 * "https://HOST/v1/", "HOST/NAMESPACE": HOST and path alone, docker's names for its hub made one. The
 * caller frees.
 */
char *credentials_normalise_key(const char *key);
/* The key that docker would write for a host. Borrowed. */
const char *credentials_key_of(const char *host);
/* The helper for the host: its own, or the one for all; NULL = none. Borrowed. */
const char *credentials_helper_of(json_t *file, const char *host);

/*
 * Enters the credentials of a host, in place of all that stand for it. `secret` is "auth" as docker
 * encodes it, or NULL: a helper has it, and the entry is empty.
 */
void credentials_enter(json_t *file, const char *host, const char *auth, const char *identity);
/* Those of the host itself, not of namespaces in it; false when there was nothing. */
bool credentials_drop(json_t *file, const char *host);

#endif
