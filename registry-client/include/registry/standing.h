/* How we stand with a registry: whether it answers, and whether it takes what we have for it. */
#ifndef REGISTRY_STANDING_H
#define REGISTRY_STANDING_H

#include "registry/client.h"

enum registry_standing {
	REGISTRY_OPEN,        /* answers anybody; it may still want credentials for a push */
	REGISTRY_ACCEPTED,    /* takes our credentials */
	REGISTRY_WANTS_LOGIN, /* answers, and we have none */
};

/*
 * Asks it once, without any repository. ERR_AUTH when it refuses our credentials, ERR_NETWORK when it cannot be reached.
 */
WARN_UNUSED int registry_ask_standing(struct registry *registry, const char *host,
				      enum registry_standing *ret, struct err *err);
/*
 * The registries that the configuration, docker's or podman's files name: with the places where they really are, and
 * mirrors. Each once; appended to `ret`. What cannot be read is left out.
 */
void registry_known_hosts(struct registry *registry, struct strvec *ret);
/* Whether `mirror`, one of those hosts, is asked before `host` for what some image names say. */
bool registry_has_mirror(const struct registry *registry, const char *host, const char *mirror);

#endif
