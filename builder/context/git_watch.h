/*
 * libgit2 waits for its sockets without a limit, and calls nobody back while nothing comes: a server that has gone silent
 * would hold up Ctrl-C for ever. Between start and stop, the calling thread's system calls are interrupted from
 * the moment that the monitor says so, so that libgit2 ends with an error.
 *
 *	struct git_watch watch;
 *
 *	git_watch_start(&watch, monitor);
 *	code = libgit2.remote_fetch(...);
 *	git_watch_stop(&watch);
 */
#ifndef CONTEXT_GIT_WATCH_H
#define CONTEXT_GIT_WATCH_H

#include <pthread.h>
#include <signal.h>

#include "base/monitor.h"

struct git_watch {
	pthread_t watched, watcher;
	int cancel_fd, done_fd; /* -1 = nobody watches */
	sigset_t mask;          /* of the watched thread, before */
};

/*
 * In the thread that will call libgit2, and stop. A monitor that cannot be cancelled, or NULL, is watched by nobody; nor is one
 * for which there is no thread or descriptor any more: then a silent server is waited for.
 */
void git_watch_start(struct git_watch *watch, const struct monitor *monitor);
void git_watch_stop(struct git_watch *watch);

#endif
