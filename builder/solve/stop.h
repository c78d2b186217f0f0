/*
 * Ending a whole build from within: a monitor like another one, that is cancelled as well when one
 * of our own steps has failed.
 */
#ifndef SOLVE_STOP_H
#define SOLVE_STOP_H

#include "base/err.h"
#include "base/monitor.h"

struct stop {
	struct monitor monitor; /* for the steps */
	int event_fd, epoll_fd;
};

#define STOP_INIT                              \
	{                                      \
		.event_fd = -1, .epoll_fd = -1 \
	}

/* `monitor` may be NULL. */
WARN_UNUSED int stop_open(struct stop *stop, const struct monitor *monitor, struct err *err);
/* From any thread, as often as one likes. */
void stop_now(struct stop *stop);
void stop_release(struct stop *stop);

#endif
