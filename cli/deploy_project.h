/*
 * A project for a board: the services of its compose file, or the image of a Dockerfile as the one service `main`; built
 * here for the board's processor.
 */
#ifndef CLI_DEPLOY_PROJECT_H
#define CLI_DEPLOY_PROJECT_H

#include "build_project.h"
#include "device/engine.h"
#include "image/platform.h"

#define DEPLOY_MAIN_SERVICE "main" /* what a Dockerfile alone becomes */

/* The words of `edgectl deploy` and `edgectl livepush`. */
struct deploy_args {
	struct strvec words; /* DEVICE SERVICE... */
	const char *source;
	struct build_args build; /* what concerns the images; operands are filled from `words` */
	struct strvec env;       /* [SERVICE:]NAME=VALUE */
	bool recreate, remove_orphans, wait;
};

struct deploy_project {
	struct build_args args; /* with the board's platform; strings borrowed */
	const char *name;       /* of the project; NULL = as the files have it */
	struct strvec platform; /* "linux/arm64" */
	struct build_project build;
	struct compose *compose; /* the model that is run */
	bool is_dockerfile;
};

#define DEPLOY_PROJECT_INIT                 \
	{                                   \
		.build = BUILD_PROJECT_INIT \
	}

/* Goes into the directory of --source, if it is given. Before anything is opened relative to it. */
WARN_UNUSED int deploy_enter_source(const struct deploy_args *args, struct err *err);
/* Reads the files. Borrows the args, and asks the engine for its platform if they name none. Release it in any case. */
WARN_UNUSED int deploy_project_open(const struct deploy_args *args, struct engine *engine,
				    struct deploy_project *ret, struct err *err);
void deploy_project_release(struct deploy_project *project);

#endif
