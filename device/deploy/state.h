/* The containers of a project that a board has. */
#ifndef DEPLOY_STATE_H
#define DEPLOY_STATE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"
#include "device/engine.h"

#define COMPOSE_LABEL "com.docker.compose."
/* A container of a pre_start hook: no container of its service. */
#define COMPOSE_HOOK_LABEL COMPOSE_LABEL "hook"

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
	/* What a deployment that was killed has left there beside the one that counts. */
	struct leftovers {
		struct deployed *items;
		size_t len, cap;
	} leftovers;
};

void deployed_release(struct deployed *container);
void deployment_release(struct deployment *deployment);
/* Without those of `docker compose run`. */
WARN_UNUSED int deployment_read(struct engine *engine, const char *project, struct deployment *ret,
				struct err *err);
/* "0123456789ab_NAME" and "0123456789ab_NAME_old": a container has them while it is replaced. */
bool deployed_name_is_temporary(const char *name);
/*
 * Takes the container out of the leftovers that ran before `container`, of the same service and number, and that a
 * deployment which was killed has put aside. False when there is none.
 */
bool deployment_take_aside(struct deployment *deployment, const struct deployed *container,
			   struct deployed *ret);
/* Did a deployment that was killed have `container` in hand? */
bool deployment_was_interrupted(const struct deployment *deployment,
				const struct deployed *container);
/* NULL when there is none. */
const struct deployed *deployment_find(const struct deployment *deployment, const char *service,
				       unsigned number);

#endif
