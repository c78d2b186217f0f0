#include "stop.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"

/*
 * An epoll descriptor is itself readable when one of those in it is: two reasons behind one
 * cancel_fd.
 */
static int watch(struct stop *stop, int fd, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (fd >= 0 && epoll_ctl(stop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return err_errno(err, "epoll");
	return 0;
}

int stop_open(struct stop *stop, const struct monitor *monitor, struct err *err)
{
	stop->monitor = monitor ? *monitor : MONITOR_SILENT;
	stop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	stop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (stop->event_fd < 0 || stop->epoll_fd < 0)
		return err_errno(err, "epoll");
	if (watch(stop, stop->event_fd, err) < 0 || watch(stop, stop->monitor.cancel_fd, err) < 0)
		return -1;
	stop->monitor.cancel_fd = stop->epoll_fd;
	return 0;
}

void stop_now(struct stop *stop)
{
	uint64_t one = 1;
	ssize_t written;

	do
		written = write(stop->event_fd, &one, sizeof(one));
	while (written < 0 && errno == EINTR);
}

void stop_release(struct stop *stop)
{
	fd_closep(&stop->epoll_fd);
	fd_closep(&stop->event_fd);
}
