/* What the files of a deployment share. */
#ifndef DEPLOY_DEPLOY_H
#define DEPLOY_DEPLOY_H

#include "compose/engine.h"
#include "compose/project.h"
#include "device/deploy.h"
#include "journal.h"
#include "state.h"

struct deploy {
	const struct deploy_request *request;
	struct engine *engine;
	const struct compose_project *project;
	struct compose_engine target; /* for compose/engine.h */
	struct deployment before;
	struct strmap image_ids; /* of all services */
	struct strmap foreign; /* service -> architecture of its image, which is not the board's */
	struct strvec renewed; /* services with a container that is new */
	struct strvec displaced; /* ids of containers whose network is new */
	struct journal journal;
	struct deploy_result *result;
};

/* Networks and volumes that are missing; those outside of the project have to be there. */
WARN_UNUSED int deploy_resources(struct deploy *deploy, struct err *err);
/* A network of the project becomes what `body` says, unless somebody else uses it; `there` is what the engine says of it. */
WARN_UNUSED int deploy_change_network(struct deploy *deploy, const char *name, const json_t *there,
				      const json_t *body, struct err *err);
/* Every service's image: there, or pulled by the engine. */
WARN_UNUSED int deploy_images(struct deploy *deploy, struct err *err);
/* Until that container has ended with status 0, for as long as the request's health gives it: ERR_CHILD. */
WARN_UNUSED int deploy_wait_end(const struct deploy *deploy, unsigned step, const char *id,
				struct err *err);
/* Waits until what `service` depends on is as far as it wants. */
WARN_UNUSED int deploy_wait(struct deploy *deploy, const struct compose_service *service,
			    struct err *err);
/* Does a container that has just started run, though its image is for another processor? */
WARN_UNUSED int deploy_check_foreign(const struct deploy *deploy, const char *container,
				     const struct compose_service *service, struct err *err);
/* Waits until all that has been started runs, and is healthy where it has a healthcheck. */
WARN_UNUSED int deploy_wait_all(const struct deploy *deploy, struct err *err);
/* The same with the request's `health`. */
WARN_UNUSED int deploy_watch_health(const struct deploy *deploy, struct err *err);
/* The last that a container printed: afterwards it is gone. `container` is the engine's description of it. */
void deploy_show_last_words(const struct deploy *deploy, const char *id, unsigned step,
			    const json_t *container);
/* What of them cannot be done, before anything is. */
WARN_UNUSED int deploy_check_pre_start(const struct compose_service *service, struct err *err);
/* The image that a pre_start hook brings along; NULL = it runs in its service's. */
/* The id of a hook's image that the caller has brought; NULL = it has not. */
const char *deploy_given_image(const struct deploy_request *request, const char *image);
const char *deploy_pre_start_image(const struct compose_service *service,
				   const struct compose_hook *hook);
/* Runs the service's pre_start hooks for its first container, which has not started yet and was made of `body`. */
WARN_UNUSED int deploy_pre_start(const struct deploy *deploy, unsigned step, const char *container,
				 const json_t *body, const struct compose_service *service,
				 struct err *err);
/* Runs the hooks of a service in a container of it that has started; `step` shows what they print. */
WARN_UNUSED int deploy_post_start(const struct deploy *deploy, unsigned step, const char *container,
				  const struct compose_service *service, struct err *err);
/* The hooks for it first; service NULL = it is in no file any more. */
WARN_UNUSED int deploy_stop(const struct deploy *deploy, unsigned step,
			    const struct deployed *container, const struct compose_service *service,
			    struct err *err);
/* Brings one container to what the file says. */
WARN_UNUSED int deploy_container(struct deploy *deploy, const struct compose_service *service,
				 unsigned number, struct err *err);

#endif
