/*
 * The registry-secrets file of balena's command line: a YAML or JSON map from registries to objects of
 * `username` and `password`. "" is Docker Hub.
 */
#ifndef REGISTRY_SECRETS_H
#define REGISTRY_SECRETS_H

#include "credentials.h"

struct secret {
	char *host; /* as image names have it */
	struct credentials credentials;
};

struct secrets {
	struct secret *items;
	size_t len, cap;
};

/* `path` is what messages call the text. Problems are shown at their places: ERR_INPUT. */
WARN_UNUSED int secrets_parse(struct span text, const char *path, struct secrets *ret,
			      struct err *err);
void secrets_release(struct secrets *secrets);
/* NULL = none for that host. Borrowed. */
const struct credentials *secrets_find(const struct secrets *secrets, const char *host);

#endif
