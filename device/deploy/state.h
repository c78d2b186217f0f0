/* The containers of a project that a board has. */
#ifndef DEPLOY_STATE_H
#define DEPLOY_STATE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"
#include "device/engine.h"

#define COMPOSE_LABEL "com.docker.compose."

struct deployed {
	char *id, *name, *service;
	char *hash;  /* of its configuration; "" = not said */
	char *image; /* its id; "" = not said */
	unsigned number;
	bool is_running;
};

struct deployment {
	struct deployed *items; /* sorted by service and number */
	size_t len, cap;
	/*
	 * Ids of containers that another one has replaced, and that a deployment that was killed has left there.
	 */
	struct strvec leftovers;
};

void deployment_release(struct deployment *deployment);
/* Without those of `docker compose run`. */
WARN_UNUSED int deployment_read(struct engine *engine, const char *project, struct deployment *ret,
				struct err *err);
/* "0123456789ab_NAME" and "0123456789ab_NAME_old": a container has them while it is replaced. */
bool deployed_name_is_temporary(const char *name);
/* NULL when there is none. */
const struct deployed *deployment_find(const struct deployment *deployment, const char *service,
				       unsigned number);

#endif
