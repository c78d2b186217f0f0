/* What `edgectl deploy` and `edgectl livepush` do first: open the board and the project, build, send, run. */
#ifndef CLI_DEPLOY_RUN_H
#define CLI_DEPLOY_RUN_H

#include "app.h"
#include "deploy_project.h"
#include "device/deploy.h"
#include "device/engine.h"
#include "device/send.h"
#include "session.h"

struct deployment_session {
	const struct deploy_args *args;
	bool is_live; /* it is for live sync: balena's live directives count */
	struct session session;
	struct engine *engine;
	struct deploy_project project;
	struct strmap image_ids;      /* on the board, by service */
	struct strmap hook_image_ids; /* the same of pre_start hooks, by image */
	struct strmap labels;         /* more ones, of containers */
	struct strmap proxies;        /* variables of containers */
	struct deploy_result result;
};

#define DEPLOYMENT_SESSION_INIT                                         \
	{                                                               \
		.session = SESSION_INIT, .project = DEPLOY_PROJECT_INIT \
	}

/* In the caller's storage, which must not move. Release it in any case. */
WARN_UNUSED int deployment_session_open(const struct deploy_args *args, const char *title,
					struct deployment_session *ret, struct err *err);
void deployment_session_release(struct deployment_session *session);
/* Another project, for the next build, which takes over what is in *project. */
void deployment_change(struct deployment_session *session, struct deploy_project *project);
/* Builds all images and sends them. */
WARN_UNUSED int deployment_build(struct deployment_session *session, struct err *err);
/* Sends the image of one service, a manifest of the store. */
WARN_UNUSED int deployment_send(struct deployment_session *session, const char *service,
				const struct descriptor *manifest, struct err *err);
/* The board has it, and the summary tells how much travelled. */
void deployment_note_sent(struct deployment_session *session, const char *service,
			  const struct sent_image *sent);
/* Brings the board's containers to what the project says, and tells in the summary. */
WARN_UNUSED int deployment_run(struct deployment_session *session, struct err *err);

/* All of it for the project here: builds, sends, runs. */
WARN_UNUSED int deployment_deploy(struct app *app, const struct deploy_args *args, struct err *err);

#endif
