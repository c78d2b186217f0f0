/* Live sync of a project that runs on a board: from saved files to running programs, until it is stopped. */
#ifndef CLI_LIVE_SESSION_H
#define CLI_LIVE_SESSION_H

#include "base/err.h"
#include "deploy_run.h"
#include "live_view.h"

/*
 * `deployment` has been run. Returns 0 when its project has changed and is to be built and run anew, -1 with ERR_CANCELLED when the user ends it;
 * everything else is shown, and the next save tries again.
 */
WARN_UNUSED int live_session_run(struct deployment_session *deployment, struct live_view *view,
				 struct err *err);

#endif
