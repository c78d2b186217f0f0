/* The named contexts of a build (--build-context), opened when a Dockerfile first names them. */
#ifndef DRIVER_CONTEXT_SET_H
#define DRIVER_CONTEXT_SET_H

#include "builder/build.h"
#include "context_pool.h"
#include "solve/plan.h"

struct opened_context;

/* Who knows what the other targets of the build come to; *ret is borrowed. */
struct result_finder {
	int (*find)(struct result_finder *finder, const char *target,
		    const struct platform *platform, const struct planned_image **ret,
		    struct err *err);
};

struct context_set {
	struct context_finder finder; /* for plan_request */
	const struct build_request *request;
	struct context_pool *pool;
	struct result_finder *results;
	struct {
		struct opened_context **items; /* each at its own place: graphs point to them */
		size_t len, cap;
	} opened;
};

/* Borrows all three. */
void context_set_init(struct context_set *set, const struct build_request *request,
		      struct context_pool *pool, struct result_finder *results);
/* Only when the pool is gone, whose files need what is kept of ignore files here. */
void context_set_release(struct context_set *set);

#endif
