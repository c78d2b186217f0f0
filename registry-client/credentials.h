/*
 * Who we are to a registry, from the files that docker and podman write: docker's config.json
 * (auths, credsStore, credHelpers) and podman's auth.json (containers-auth.json(5): keys may be
 * HOST/NAMESPACE/REPOSITORY, the longest wins).
 */
#ifndef REGISTRY_CREDENTIALS_H
#define REGISTRY_CREDENTIALS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "base/monitor.h"
#include "base/str.h"

struct credentials {
	char *username, *password; /* NULL = none */
	char *identity_token;      /* of OAuth 2: exchanged for a token */
	char *registry_token;      /* sent as a Bearer token as it is */
	char *origin;              /* where they are from, for messages */
	char *trouble;             /* why a helper that was to know them did not say; NULL = none */
};

bool credentials_exist(const struct credentials *c);
void credentials_release(struct credentials *c);
/* "Basic ..." for an Authorization header; false when there is no password. */
bool credentials_basic(const struct credentials *c, struct str *ret);

/*
 * The files to search, the first that knows the registry counts: `auth_file` alone when given,
 * $REGISTRY_AUTH_FILE alone when set, else $DOCKER_CONFIG/config.json or ~/.docker/config.json,
 * $XDG_RUNTIME_DIR/containers/auth.json, ~/.config/containers/auth.json. Appended to `ret`.
 */
void credentials_paths(const char *auth_file, struct strvec *ret);

/*
 * For `repository` at `host` ("docker.io", "localhost:5000"). Nobody knows it: *ret stays empty,
 * which is not an error: one is anonymous then. A file that is missing counts as empty, one that
 * cannot be read or understood is an error. A helper that fails is a warning to `monitor`, and kept in ret->trouble.
 */
WARN_UNUSED int credentials_find(const struct strvec *paths, const char *host,
				 const char *repository, const struct monitor *monitor,
				 struct credentials *ret, struct err *err);

#endif
