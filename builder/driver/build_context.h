/* What a build is given: a directory of this machine to copy from, or what was brought here. */
#ifndef DRIVER_BUILD_CONTEXT_H
#define DRIVER_BUILD_CONTEXT_H

#include "base/err.h"
#include "builder/build.h"
#include "context_pool.h"

struct build_context {
	bool is_remote; /* it was brought here: its files are not to be trusted */
	const struct remote_context *remote; /* what was brought, the pool's; NULL = nothing */
	char *dir;                           /* absolute, without links */
	/* The Dockerfile, when it came by itself: as the context, on the standard input, or from an address. */
	char *dockerfile_name; /* NULL = it is a file */
	struct str dockerfile;
};

#define BUILD_CONTEXT_INIT             \
	{                              \
		.dockerfile = STR_INIT \
	}

/* A remote one needs the request's store; its files are the pool's. */
WARN_UNUSED int build_context_open(const struct build_request *request, struct context_pool *pool,
				   struct build_context *ret, struct err *err);
void build_context_release(struct build_context *context);

#endif
