/* Environments: of the process, of .env files, and of services. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "loader.h"

/*
 * Adds what an env file assigns to `out`. Its variables refer to `outer` first, then to what `out`
 * already holds.
 */
WARN_UNUSED int env_file_read(const char *path, const struct strmap *outer, struct strmap *out,
			      struct err *err);
/* The text of a regular file, bounded. */
WARN_UNUSED int env_file_text(const char *path, struct str *out, struct err *err);
/* A regular file? */
bool env_file_is_there(const char *path);
/* An empty environment that lives as long as the loader. */
struct strmap *environment_new(struct loader *loader);

#endif
