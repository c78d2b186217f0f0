/*
 * Secrets of a build, and where their values come from. A value is read when the build starts, and kept in memory; a
 * RUN --mount=type=secret gets it as a file in a tmpfs of its own, or in a variable. It never gets into a layer, the
 * image's configuration or a cache key, and what a step prints of it is shown as "***".
 *
 *	AUTO(build_secrets_release) struct build_secrets secrets = BUILD_SECRETS_INIT;
 *
 *	build_secrets_add(&secrets, "id=token,env=CI_TOKEN", err);
 */
#ifndef BUILDER_SECRET_H
#define BUILDER_SECRET_H

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

struct build_secret {
	char *id;
	/* One of the two: a file, relative to the working directory; a variable of our environment. */
	char *path, *env;
};

struct build_secrets {
	struct build_secret *items;
	size_t len, cap;
};

#define BUILD_SECRETS_INIT    \
	{                     \
		.items = NULL \
	}

/*
 * As buildx: "id=ID[,src=FILE|,env=NAME][,type=file|env]". An id alone is the variable of that name if there is one, else the
 * file of that name. ERR_USAGE; whether the file is there is found out by the build.
 */
WARN_UNUSED int build_secrets_add(struct build_secrets *secrets, const char *text, struct err *err);
void build_secrets_release(struct build_secrets *secrets);

#endif
