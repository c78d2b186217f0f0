/* What a container or a hook prints, shown with a step of the deployment. */
#ifndef DEPLOY_STEP_LOG_H
#define DEPLOY_STEP_LOG_H

#include "base/monitor.h"

/* Borrowed. */
struct step_log {
	const struct monitor *monitor;
	unsigned step;
};

/* For struct stream_sink: `data` is the step_log. */
WARN_UNUSED int step_log_write(void *data, int stream, const char *text, size_t len,
			       struct err *err);

#endif
