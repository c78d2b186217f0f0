/* What is in a resolved model, by name; and changes of its images. */
#ifndef COMPOSE_LIST_H
#define COMPOSE_LIST_H

#include <stdbool.h>

#include "base/map.h"
#include "base/vec.h"
#include "compose/load.h"

enum compose_kind {
	COMPOSE_SERVICES, /* what a service depends on comes before it */
	COMPOSE_IMAGES,   /* of the services, by their names */
	COMPOSE_PROFILES, /* of all services, also of inactive ones */
	COMPOSE_NETWORKS,
	COMPOSE_VOLUMES,
	COMPOSE_MODELS,
};

void compose_list(const struct compose *compose, enum compose_kind kind, struct strvec *out);
/* What variables in the files can refer to. Borrowed. */
const struct strmap *compose_environment(const struct compose *compose);
/*
 * Appends the files that were read, absolute: compose files with those that they include and extend, env files and label files,
 * also those that need not be there and are not; "-" for the standard input. Not the env files of what is included.
 */
void compose_input_files(const struct compose *compose, struct strvec *out);
/*
 * Gives a service this image, and so those of its pre_start hooks that run in the one it had. For what is printed or asked of
 * the document: compose_project() stays as it was read.
 */
void compose_set_image(struct compose *compose, const char *service, const char *image);
/* Gives the pre_start hooks of a service that run in image `before` another one. */
void compose_set_hook_image(struct compose *compose, const char *service, const char *before,
			    const char *image);
/* A compose file that says nothing but the images of the services. */
void compose_print_images(const struct compose *compose, enum compose_format format,
			  struct str *out);

/* A variable that the files use. */
struct compose_variable {
	char *name;
	char *fallback; /* its default, not expanded; "" = none */
	char *presence; /* its alternative value; "" = none */
	bool required;
};

struct compose_variables {
	struct compose_variable *items;
	size_t len, cap;
};

/* By name; of a variable that is used several times the last use counts. Only for models with no_interpolate. */
void compose_variables(const struct compose *compose, struct compose_variables *out);
void compose_variables_release(struct compose_variables *variables);

#endif
