/*
 * What a balena project says about its builds outside of the compose file: .balena/balena.yml, with
 * variables and secrets for all services or for one.
 *
 * Source: balena's documentation, "Build-time secrets and variables" (docs.balena.io/learn/deploy).
 */
#ifndef COMPOSE_BALENA_H
#define COMPOSE_BALENA_H

#include "base/err.h"
#include "base/map.h"

struct balena_secret {
	char *file; /* absolute: below .balena/secrets */
	char *name; /* of the file in the step: /run/secrets/NAME */
};

struct balena_build {
	struct strmap variables; /* as build arguments and environment of the steps */
	struct {
		struct balena_secret *items;
		size_t len, cap;
	} secrets;
};

/*
 * What applies to the service; what is said for it goes over what is said for all. A project
 * without the file has nothing. ERR_INPUT with all problems of the file. Release it in any case.
 */
WARN_UNUSED int balena_build_read(const char *directory, const char *service,
				  struct balena_build *ret, struct err *err);
void balena_build_release(struct balena_build *build);

#endif
