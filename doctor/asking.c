#include "asking.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define AT_A_TIME 16

struct asking {
	struct question *questions;
	size_t count;
	atomic_size_t next, running;
	atomic_bool is_over;
	struct monitor monitor; /* of the questions */
	int done_fd;            /* readable once no thread is left */
};

static void signal_fd(int fd)
{
	const uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one)); /* an eventfd takes it */
}

static void *answer(void *data)
{
	struct asking *asking = data;

	while (!asking->is_over) {
		size_t index = asking->next++;
		struct question *question = &asking->questions[index];

		if (index >= asking->count)
			break;
		question->ask(question->data, &asking->monitor);
		question->is_answered = !asking->is_over;
	}
	if (--asking->running == 0)
		signal_fd(asking->done_fd);
	return NULL;
}

static void wait_for_answers(struct asking *asking, int cancel_fd)
{
	struct pollfd fds[] = { { .fd = asking->done_fd, .events = POLLIN },
				{ .fd = cancel_fd, .events = POLLIN } };
	uint64_t end = monotonic_ms() + ASKING_DEADLINE_MS;

	for (uint64_t now = monotonic_ms(); now < end; now = monotonic_ms()) {
		if (poll(fds, ARRAY_SIZE(fds), (int)(end - now)) >= 0 || errno != EINTR)
			break;
	}
	asking->is_over = true;
	signal_fd(asking->monitor.cancel_fd);
}

static int run(struct asking *asking, int cancel_fd, struct err *err)
{
	pthread_t threads[AT_A_TIME];
	size_t wanted = asking->count < AT_A_TIME ? asking->count : AT_A_TIME, started = 0;
	int errnum = 0;

	asking->running = wanted;
	while (started < wanted && errnum == 0) {
		errnum = pthread_create(&threads[started], NULL, answer, asking);
		started += errnum == 0;
	}
	if (errnum == 0) {
		wait_for_answers(asking, cancel_fd);
	} else {
		asking->is_over = true;
		signal_fd(asking->monitor.cancel_fd);
	}
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	return errnum == 0 ? 0 : err_errnum(err, errnum, "start a thread");
}

int ask_all(struct question *questions, size_t count, const struct monitor *monitor,
	    struct err *err)
{
	AUTO(fd_closep) int done_fd = eventfd(0, EFD_CLOEXEC);
	AUTO(fd_closep) int cancel_fd = eventfd(0, EFD_CLOEXEC);
	struct asking asking = { .questions = questions,
				 .count = count,
				 .monitor = { .cancel_fd = cancel_fd },
				 .done_fd = done_fd };

	if (done_fd < 0 || cancel_fd < 0)
		return err_errno(err, "make an event descriptor");
	if (count > 0 && run(&asking, monitor->cancel_fd, err) < 0)
		return -1;
	return monitor_check(monitor, err);
}
