/* What a live sync does when something is in the way: waits, and says so. */
#ifndef CLI_LIVE_RETRY_H
#define CLI_LIVE_RETRY_H

#include "deploy_run.h"
#include "live_view.h"

/* Until the board answers again; `why` it does not. ERR_CANCELLED. */
WARN_UNUSED int live_reconnect(struct deployment_session *deployment, struct live_view *view,
			       const struct err *why, struct err *err);
/*
 * Until a file has changed that the project or its builds read, and the project can be read; which is the session's then.
 * Files that are wrong are shown. ERR_CANCELLED.
 */
WARN_UNUSED int live_wait_for_change(struct deployment_session *deployment, struct live_view *view,
				     struct err *err);

#endif
