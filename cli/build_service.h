/* A service of a compose project as the words of a build that would come to the same. */
#ifndef CLI_BUILD_SERVICE_H
#define CLI_BUILD_SERVICE_H

#include "build_args.h"
#include "compose/project.h"

struct build_service {
	const char *name; /* the compose model's */
	struct build_args args;
	struct strmap targets; /* contexts that are other services: their names by the context's */
	bool has_image_name;   /* by `image`; else the first tag is for this machine only */
};

/*
 * `command` is what was said on the command line: it goes over the service where it says the same, and
 * counts for it otherwise. Borrows from the model and from `command`. ERR_INPUT for a secret that
 * cannot be had.
 */
WARN_UNUSED int build_service_words(const struct build_args *command, const struct compose *compose,
				    const struct compose_service *service,
				    struct build_service *ret, struct err *err);
void build_service_release(struct build_service *service);

#endif
