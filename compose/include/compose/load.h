/*
 * From compose files to one resolved model, as `docker compose` reads them: discovery, interpolation,
 * include, extends, merging, validation, normalisation, profiles, selection.
 *
 * Sources: the compose specification (compose-spec), and the behaviour of its reference loader
 * (compose-go); docs/compose.md says where this one differs.
 */
#ifndef COMPOSE_LOAD_H
#define COMPOSE_LOAD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"

/*
 * Brings a remote resource here (compose_is_remote()): *ret_path, absolute, is the compose file in it;
 * the caller frees. What lies beside it must be there as long as the model is used.
 */
struct compose_remote {
	int (*fetch)(void *data, const char *resource, char **ret_path, struct err *err);
	void *data;
};

/*
 * Is it no path, but a resource elsewhere: an address with "://", USER@HOST:PATH with the user "git",
 * "github.com/OWNER/REPOSITORY" or "oci:REFERENCE"?
 */
bool compose_is_remote(const char *name);

/* The options of `docker compose` and `docker compose config`; all borrowed. */
struct compose_options {
	const char *cwd;               /* absolute */
	const struct strmap *env;      /* the process environment */
	struct strvec files;           /* -f, "-" is stdin; empty = COMPOSE_FILE or discovery */
	struct strvec env_files;       /* --env-file; empty = COMPOSE_ENV_FILES or .env */
	const char *project_directory; /* NULL = that of the first file */
	const char *project_name;      /* -p; NULL = COMPOSE_PROJECT_NAME, `name`, the directory */
	struct strvec profiles;        /* empty = COMPOSE_PROFILES; "*" = all */
	struct strvec services; /* the ones wanted, patterns allowed; empty = all active ones */
	bool no_interpolate, no_normalize, no_path_resolution, no_consistency, no_env_resolution;
	bool compatibility; /* names with '_' in place of '-'; also COMPOSE_COMPATIBILITY */
	const struct compose_remote *remote; /* NULL = those that are elsewhere are refused */
	bool all_resources;                  /* keep networks, volumes, ... that no service uses */
	/* What counts of a service is its build: it brings those it is built from, not those it depends on. */
	bool for_build;
};

/* The names under which a compose file is looked for, by their rank; ends with NULL. */
extern const char *const compose_file_names[];

struct compose;

/*
 * ERR_INPUT with all problems that were found, each with its place; ERR_NOT_FOUND when there is no
 * compose file. The caller frees *ret.
 */
WARN_UNUSED int compose_load(const struct compose_options *options, struct compose **ret,
			     struct err *err);
void compose_free(struct compose *compose); /* NULL is fine */

static inline void compose_freep(struct compose **compose)
{
	compose_free(*compose);
}

/* The warnings, rendered as base/diag.h does; empty when there are none. Borrowed. */
const char *compose_warnings(const struct compose *compose);
/* Do the files have it, be it chosen and of a profile that is on, or not? */
bool compose_defines_service(const struct compose *compose, const char *service);
const char *compose_name(const struct compose *compose);      /* of the project */
const char *compose_directory(const struct compose *compose); /* absolute; paths refer to it */

/* The image of a service: what it says, or PROJECT-SERVICE. The caller frees. */
char *compose_image_name(const struct compose *compose, const char *service);

enum compose_format { COMPOSE_YAML, COMPOSE_JSON };

/* The resolved model, every '$' doubled so that it can be read again; keys in a fixed order. */
void compose_print(const struct compose *compose, enum compose_format format, struct str *out);

#endif
