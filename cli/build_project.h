/* What is built by one `edgectl build`: the image of a Dockerfile, or those of a project's services. */
#ifndef CLI_BUILD_PROJECT_H
#define CLI_BUILD_PROJECT_H

#include "build_args.h"
#include "build_plan.h"
#include "build_service.h"
#include "builder/build.h"

struct build_item {
	const char *name;              /* of the service; NULL = there is just a Dockerfile */
	const struct build_args *args; /* its words: the service's, or those of the command line */
	struct build_service service;
	struct build_plan plan;
	bool has_image_name; /* else the first name is not one to push to */
};

struct build_project {
	struct compose *compose; /* NULL = there is just a Dockerfile */
	struct build_item *items;
	struct build_request *requests; /* by item, as the builder wants them */
	struct build_result *results;
	size_t len;
};

#define BUILD_PROJECT_INIT      \
	{                       \
		.compose = NULL \
	}

/* Reads the compose files, if they are meant. Borrows the args. Release it in any case. */
WARN_UNUSED int build_project_open(const struct build_args *args, struct build_project *ret,
				   struct err *err);
void build_project_release(struct build_project *project);

#endif
