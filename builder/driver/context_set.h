/* The named contexts of a build (--build-context), opened when a Dockerfile first names them. */
#ifndef DRIVER_CONTEXT_SET_H
#define DRIVER_CONTEXT_SET_H

#include "builder/build.h"
#include "solve/plan.h"

struct opened_context;

struct context_set {
	struct context_finder finder; /* for plan_request */
	const struct build_request *request;
	struct {
		struct opened_context **items; /* each at its own place: graphs point to them */
		size_t len, cap;
	} opened;
};

void context_set_init(struct context_set *set, const struct build_request *request);
/* All files it gave out are gone afterwards. */
void context_set_release(struct context_set *set);

#endif
