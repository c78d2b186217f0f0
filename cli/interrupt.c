#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int cancel_fd = -1;
static volatile sig_atomic_t signals_seen;
static _Atomic(const char *) farewell;

/* Only async-signal-safe functions: signal-safety(7). */
static void on_signal(int number)
{
	const char *text = atomic_load(&farewell);
	int saved_errno = errno;
	ssize_t ignored = 0;

	if (signals_seen++) {
		if (text)
			ignored = write(STDERR_FILENO, text, strlen(text));
		(void)signal(number, SIG_DFL);
		(void)raise(number);
	}
	ignored = write(cancel_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
	/* An eventfd of which nobody reads can only be full, and then it is readable. */
	(void)ignored;
	errno = saved_errno;
}

int interrupt_watch(int *ret_cancel_fd, struct err *err)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

	if (cancel_fd < 0)
		cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (cancel_fd < 0)
		return err_errno(err, "watch for signals");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction before;

		/* nohup(1) and background jobs of a shell without job control ignore on purpose. */
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN)
			continue;
		(void)sigaction(numbers[i], &action, NULL); /* cannot fail for these */
	}
	*ret_cancel_fd = cancel_fd;
	return 0;
}

bool interrupt_came(void)
{
	return signals_seen > 0;
}

void interrupt_set_farewell(const char *text)
{
	atomic_store(&farewell, text);
}
