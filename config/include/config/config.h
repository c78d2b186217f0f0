/*
 * The configuration, in rising precedence:
 *
 *	config.yaml of the user's configuration directory (base/fs.h),
 *	edgectl.yaml of the project: in the working directory, else in the nearest one above it,
 *	environment variables.
 *
 *	AUTO(config_freep) struct config *config = NULL;
 *	struct config_value value;
 *
 *	if (config_load(&config, err) < 0 || config_get(config, key, &value, err) < 0)
 *		return -1;
 *
 * What a value points to belongs to the config. What is said on the command line is the caller's.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>

#include "base/yaml.h"
#include "config/key.h"
#include "templates/word_list.h"

#define CONFIG_PROJECT_FILE "edgectl.yaml"
#define CONFIG_USER_FILE    "config.yaml"

struct config;

/*
 * Reads and checks both files; one that is not there is fine. ERR_INPUT shows all that is wrong with one. A project's
 * file that belongs neither to the caller, nor to root, nor to the owner of the working directory is not read
 * (config_skipped_file()): who may write above a project does not thereby govern it.
 */
WARN_UNUSED int config_load(struct config **ret, struct err *err);
void config_free(struct config *config);

static inline void config_freep(struct config **config)
{
	config_free(*config);
}

enum config_origin {
	CONFIG_FROM_DEFAULT, /* of the table, or nowhere */
	CONFIG_FROM_USER,
	CONFIG_FROM_PROJECT,
	CONFIG_FROM_DOCKER, /* a variable that docker has, too */
	CONFIG_FROM_VARIABLE,
};

/* "default", "user", "project", "variable" (of either kind) */
const char *config_origin_name(enum config_origin origin);

struct config_value {
	const struct config_key *key;
	enum config_origin origin;
	const char *place;     /* "edgectl.yaml:3", "EDGECTL_BOARD"; NULL of defaults */
	struct yaml_mark mark; /* of the value, from a file; of variables without a line */
	struct word_list
		words; /* as an option would be given them; none = not set, or no scalars */
	const struct yaml *node; /* from a file or a variable; else NULL */
};

/*
 * The value of a key of `config_keys`. ERR_USAGE when a variable is wrong. Paths of files are relative to the working
 * directory afterwards, or absolute. A key whose rival is set nearer is not set.
 */
WARN_UNUSED int config_get(struct config *config, const struct config_key *key,
			   struct config_value *ret, struct err *err);
/* The only word of a value; NULL when it is not set. The name must be one of the table. */
WARN_UNUSED int config_get_text(struct config *config, const char *name, const char **ret,
				struct err *err);
/*
 * As it stands in the project's file, checked against the table; NULL = it is not there. For the sections that have
 * readers of their own (config/fleet.h).
 */
const struct yaml *config_project_node(const struct config *config, const char *name);

/* As messages call it; NULL = there is none. */
const char *config_project_path(const struct config *config);
const char *config_user_path(const struct config *config);
/* Absolute directory of the project's file; NULL without one. */
const char *config_project_dir(const struct config *config);
/* A project's file that was found and not read because of its owner; NULL = none. */
const char *config_skipped_file(const struct config *config);

#endif
