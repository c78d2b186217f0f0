#include "git_watch.h"

#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/fd.h"

#define NUDGE          SIGURG /* nobody here has urgent data; it is ignored where it is not handled */
#define NUDGE_AGAIN_MS 50     /* the first may come between two system calls */

static void do_nothing(int number)
{
	(void)number;
}

/* Without SA_RESTART: what was interrupted is to fail with EINTR. */
static void handle_nudges(void)
{
	const struct sigaction action = { .sa_handler = do_nothing };

	(void)sigaction(NUDGE, &action, NULL); /* cannot fail for this signal */
}

static void *watch_for_cancel(void *data)
{
	const struct git_watch *watch = data;
	struct pollfd fds[] = { { .fd = watch->done_fd, .events = POLLIN },
				{ .fd = watch->cancel_fd, .events = POLLIN } };

	while (!fds[0].revents && !fds[1].revents)
		(void)poll(fds, ARRAY_SIZE(fds), -1); /* all signals are blocked */
	while (!fds[0].revents) {
		(void)pthread_kill(watch->watched, NUDGE);
		(void)poll(fds, 1, NUDGE_AGAIN_MS);
	}
	return NULL;
}

void git_watch_start(struct git_watch *watch, const struct monitor *monitor)
{
	sigset_t all, nudge, before;

	*watch = (struct git_watch){ .watched = pthread_self(), .done_fd = -1, .cancel_fd = -1 };
	if (!monitor || monitor->cancel_fd < 0)
		return;
	watch->cancel_fd = monitor->cancel_fd;
	watch->done_fd = eventfd(0, EFD_CLOEXEC);
	if (watch->done_fd < 0)
		return;
	handle_nudges();
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&watch->watcher, NULL, watch_for_cancel, watch) != 0)
		fd_closep(&watch->done_fd);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (watch->done_fd < 0)
		return;
	(void)sigemptyset(&nudge);
	(void)sigaddset(&nudge, NUDGE);
	(void)pthread_sigmask(SIG_UNBLOCK, &nudge, &watch->mask);
}

void git_watch_stop(struct git_watch *watch)
{
	ssize_t written;

	if (watch->done_fd < 0)
		return;
	written = write(watch->done_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
	if (written != (ssize_t)sizeof(uint64_t))
		abort();
	(void)pthread_join(watch->watcher, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &watch->mask, NULL);
	fd_closep(&watch->done_fd);
}
