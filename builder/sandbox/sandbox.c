#include "sandbox/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "channel.h"
#include "helper.h"
#include "job.h"
#include "warden.h"
#include "wire.h"

#define OUTPUT_CHUNK 65536 /* what a pipe holds */
#define NS_PER_MS    1000000U

struct sandbox {
	pid_t helper;
	int control_fd;
	atomic_flag warned; /* the same warning would come with every step */
};

/* --- the helper --- */

static NORETURN void become_helper(pid_t parent, int control_fd, int dir_fd)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	helper_main(control_fd, dir_fd);
}

int sandbox_new(int dir_fd, struct sandbox **ret, struct err *err)
{
	int pair[2];
	pid_t parent = getpid();
	pid_t pid = -1;

	if (channel_pair(SOCK_SEQPACKET, pair, err) < 0)
		return -1;
	pid = fork();
	if (pid < 0) {
		(void)err_errno(err, "start the sandbox's helper process");
		(void)close(pair[0]);
		(void)close(pair[1]);
		return -1;
	}
	if (pid == 0)
		become_helper(parent, pair[1], dir_fd);
	(void)close(pair[1]);
	*ret = xcalloc(1, sizeof(**ret));
	**ret = (struct sandbox){ .helper = pid,
				  .control_fd = pair[0],
				  .warned = ATOMIC_FLAG_INIT };
	return 0;
}

void sandbox_freep(struct sandbox **sandbox)
{
	if (!*sandbox)
		return;
	fd_closep(&(*sandbox)->control_fd);
	while (waitpid((*sandbox)->helper, NULL, 0) < 0 && errno == EINTR)
		;
	free(*sandbox);
	*sandbox = NULL;
}

/* --- one run, seen from the caller --- */

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

enum { RUN_ANSWER, RUN_OUT, RUN_ERR, RUN_CANCEL, RUN_FDS };

struct run {
	const struct monitor *monitor;
	unsigned step_id;
	int fds[RUN_FDS]; /* -1 = ended; RUN_CANCEL is borrowed */
	bool cancelled;
	unsigned notice_ms; /* the next silence that is worth a word; 0 = none */
	uint64_t heard_ns;  /* when it last said something */
};

static void run_release(struct run *run)
{
	fd_closep(&run->fds[RUN_ANSWER]);
	fd_closep(&run->fds[RUN_OUT]);
	fd_closep(&run->fds[RUN_ERR]);
}

static int start(const struct sandbox *sandbox, const struct sandbox_step *step, struct run *run,
		 struct err *err)
{
	AUTO(str_release) struct str message = STR_INIT;
	AUTO(fd_closep) int job_fd = -1;
	AUTO(fd_closep) int out_fd = -1;
	AUTO(fd_closep) int err_fd = -1;
	int pair[2];

	if (channel_pair(SOCK_STREAM, pair, err) < 0)
		return -1;
	run->fds[RUN_ANSWER] = pair[0];
	job_fd = pair[1];
	if (fd_pipe(&run->fds[RUN_OUT], &out_fd, err) < 0 ||
	    fd_pipe(&run->fds[RUN_ERR], &err_fd, err) < 0 ||
	    fd_set_nonblocking(run->fds[RUN_OUT], true, err) < 0 ||
	    fd_set_nonblocking(run->fds[RUN_ERR], true, err) < 0 ||
	    helper_request(sandbox->control_fd, step->arch, step->variant, job_fd, out_fd, err_fd,
			   err) < 0)
		return -1;
	fd_closep(&job_fd);
	job_encode(step, &message);
	/* A helper that refuses the platform answers without reading this. */
	(void)!wire_send(run->fds[RUN_ANSWER], &message, NULL);
	return 0;
}

/* What there is on one of the two streams. */
static void forward(struct run *run, int which)
{
	char chunk[OUTPUT_CHUNK];
	ssize_t n = read(run->fds[which], chunk, sizeof(chunk));
	struct event event = {
		.kind = EVENT_LOG,
		.step = run->step_id,
		.stream = which == RUN_OUT ? STDOUT_FILENO : STDERR_FILENO,
		.text = chunk,
	};

	if (n > 0) {
		run->heard_ns = now_ns();
		event.text_len = (size_t)n;
		monitor_emit(run->monitor, &event);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		fd_closep(&run->fds[which]);
	}
}

/* The command is gone, and with it all who wrote; what is left in the pipes is its last words. */
static void drain(struct run *run, int which)
{
	for (;;) {
		struct pollfd waiting = { .fd = run->fds[which], .events = POLLIN };

		if (run->fds[which] < 0 || poll(&waiting, 1, 0) <= 0)
			return;
		forward(run, which);
	}
}

static void cancel(struct run *run)
{
	run->cancelled = true;
	run->fds[RUN_CANCEL] = -1;
	/* The warden kills the step, and still answers, when nothing of it is left. */
	(void)shutdown(run->fds[RUN_ANSWER], SHUT_WR);
}

/* How long to wait for news. */
static int patience(const struct run *run)
{
	uint64_t silent_ms = (now_ns() - run->heard_ns) / NS_PER_MS;

	if (!run->notice_ms)
		return -1;
	return silent_ms < run->notice_ms ? (int)(run->notice_ms - silent_ms) : 0;
}

/* Each time after twice as long. */
static void notice_silence(struct run *run)
{
	uint64_t silent_ms = (now_ns() - run->heard_ns) / NS_PER_MS;

	if (!run->notice_ms || silent_ms < run->notice_ms)
		return;
	monitor_text(run->monitor, run->step_id, EVENT_STEP_DETAIL,
		     "no output for %llu s: the emulated command is idle, or slow",
		     (unsigned long long)(silent_ms / 1000));
	run->notice_ms = silent_ms < INT32_MAX / 4 ? (unsigned)silent_ms * 2 : 0;
}

static void watch(struct run *run)
{
	struct pollfd fds[RUN_FDS];

	for (;;) {
		for (int i = 0; i < RUN_FDS; i++)
			fds[i] = (struct pollfd){ .fd = run->fds[i], .events = POLLIN };
		if (poll(fds, RUN_FDS, patience(run)) < 0)
			continue;
		notice_silence(run);
		if (fds[RUN_CANCEL].revents)
			cancel(run);
		if (fds[RUN_OUT].revents)
			forward(run, RUN_OUT);
		if (fds[RUN_ERR].revents)
			forward(run, RUN_ERR);
		if (fds[RUN_ANSWER].revents)
			return;
	}
}

static void warn(struct sandbox *sandbox, const struct run *run, const struct strvec *warnings)
{
	if (!warnings->len || atomic_flag_test_and_set(&sandbox->warned))
		return;
	for (size_t i = 0; i < warnings->len; i++)
		monitor_text(run->monitor, run->step_id, EVENT_WARNING, "%s", warnings->items[i]);
}

static int finish(struct sandbox *sandbox, struct run *run, struct sandbox_result *ret,
		  struct err *err)
{
	AUTO(answer_release) struct answer answer = { .err = ERR_INIT };
	int result = answer_receive(run->fds[RUN_ANSWER], &answer, err);

	drain(run, RUN_OUT);
	drain(run, RUN_ERR);
	if (result < 0)
		return -1;
	warn(sandbox, run, &answer.warnings);
	if (run->cancelled)
		return err_set(err, ERR_CANCELLED, "cancelled");
	if (answer.err.kind != ERR_NONE) {
		err_move(err, &answer.err);
		return -1;
	}
	ret->status = answer.status;
	ret->emulated = answer.emulated;
	return 0;
}

int sandbox_run(struct sandbox *sandbox, const struct sandbox_step *step,
		const struct monitor *monitor, unsigned step_id, struct sandbox_result *ret,
		struct err *err)
{
	AUTO(run_release)
	struct run run = {
		.monitor = monitor,
		.step_id = step_id,
		.fds = { -1, -1, -1, monitor ? monitor->cancel_fd : -1 },
		.notice_ms = step->idle_notice_ms,
		.heard_ns = now_ns(),
	};
	struct sandbox_result result = { .status = 0 };
	uint64_t begin = now_ns();

	if (monitor_check(monitor, err) < 0 || job_check(step, err) < 0 ||
	    start(sandbox, step, &run, err) < 0)
		return -1;
	watch(&run);
	if (finish(sandbox, &run, &result, err) < 0)
		return -1;
	result.elapsed_ns = now_ns() - begin;
	*ret = result;
	return 0;
}

bool sandbox_refused_overlay(const struct err *err)
{
	return err->kind == ERR_UNSUPPORTED && err->errnum != 0;
}
