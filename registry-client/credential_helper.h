/*
 * The protocol of docker-credential-NAME programs (docker-credential-helpers): `get` and `erase` read
 * the server on stdin, `store` a JSON object; secrets are never in argv.
 */
#ifndef REGISTRY_CREDENTIAL_HELPER_H
#define REGISTRY_CREDENTIAL_HELPER_H

#include "credentials.h"

/*
 * Asks docker-credential-`name` for `server`. Not knowing it leaves *ret empty. ERR_NOT_FOUND when
 * there is no such program, ERR_CHILD when it fails, ERR_PROTOCOL when its answer makes no sense.
 * Half a minute at most.
 */
WARN_UNUSED int credential_helper_get(const char *name, const char *server,
				      const struct monitor *monitor, struct credentials *ret,
				      struct err *err);
/* The same errors. */
WARN_UNUSED int credential_helper_store(const char *name, const char *server, const char *username,
					const char *secret, const struct monitor *monitor,
					struct err *err);
WARN_UNUSED int credential_helper_erase(const char *name, const char *server,
					const struct monitor *monitor, struct err *err);

#endif
