#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"

#define READ_CHUNK    ((size_t)64 << 10)
#define LOOK_AGAIN_MS 20

/* What the child sends when it could not get as far as the program. */
struct child_failure {
	enum { FAILED_STREAMS, FAILED_DIR, FAILED_EXEC } what;
	int errnum;
};

static NORETURN void child_fail(int report_fd, int what)
{
	struct child_failure failure = { .what = what, .errnum = errno };

	/* When even this fails, the parent sees the status. */
	(void)!write(report_fd, &failure, sizeof(failure));
	_exit(127);
}

/*
 * A descriptor above the standard three, so that putting one in its place does not overwrite
 * another.
 */
static int stream_source(int fd, int own)
{
	if (fd == PROC_NULL)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	else if (fd == PROC_INHERIT)
		fd = own;
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/*
 * Between fork and exec of a threaded process only async-signal-safe functions may be called: no
 * allocation.
 */
static NORETURN void child_run(const struct proc *proc, const char *program, int report_fd)
{
	int wanted[] = { proc->stdin_fd, proc->stdout_fd, proc->stderr_fd };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < 3; i++)
		wanted[i] = wanted[i] == PROC_INHERIT ? PROC_INHERIT : stream_source(wanted[i], i);
	for (int i = 0; i < 3; i++)
		if (wanted[i] < 0 || (wanted[i] != PROC_INHERIT && dup2(wanted[i], i) < 0))
			child_fail(report_fd, FAILED_STREAMS);
	/*
	 * Also what a library opened without O_CLOEXEC; kernels before 5.11 do not know the flag.
	 */
	(void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	if (proc->dir && chdir(proc->dir) < 0)
		child_fail(report_fd, FAILED_DIR);
	execve(program, (char *const *)proc->argv, proc->env ? (char *const *)proc->env : environ);
	child_fail(report_fd, FAILED_EXEC);
}

static int report_failure(const struct proc *proc, const struct child_failure *failure,
			  struct err *err)
{
	switch (failure->what) {
	case FAILED_STREAMS:
		return err_errnum(err, failure->errnum, "run '%s': set up its streams",
				  proc->argv[0]);
	case FAILED_DIR:
		return err_errnum(err, failure->errnum, "run '%s': enter '%s'", proc->argv[0],
				  proc->dir);
	case FAILED_EXEC: break;
	}
	return err_errnum(err, failure->errnum, "run '%s'", proc->argv[0]);
}

/*
 * The file to execute: argv[0] when it has a slash, else looked up here, as the child must not
 * allocate.
 */
static char *find_program(const struct proc *proc)
{
	return strchr(proc->argv[0], '/') ? xstrdup(proc->argv[0]) : fs_find_program(proc->argv[0]);
}

static pid_t fork_blocked(void)
{
	sigset_t all, before;
	pid_t pid = -1;
	int errnum = 0;

	/* Our handlers must not run in the child, which would tell our own pipes of a signal. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	errnum = errno;
	if (pid != 0)
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = errnum;
	return pid;
}

/* Of a child whose status no longer matters. */
static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int proc_spawn(const struct proc *proc, pid_t *ret_pid, struct err *err)
{
	AUTO(fd_closep) int report_in = -1;
	AUTO(fd_closep) int report_out = -1;
	AUTO(freep) char *program = find_program(proc);
	struct child_failure failure;
	pid_t pid = -1;
	ssize_t n = 0;

	if (!program)
		return err_set(err, ERR_NOT_FOUND, "run '%s': no such program in PATH",
			       proc->argv[0]);
	if (fd_pipe(&report_in, &report_out, err) < 0)
		return -1;
	pid = fork_blocked();
	if (pid < 0)
		return err_errno(err, "run '%s'", proc->argv[0]);
	if (pid == 0)
		child_run(proc, program, report_out);
	fd_closep(&report_out);
	/* Ends without a byte when exec closes the other end. */
	n = fd_read_full(report_in, &failure, sizeof(failure), "pipe", NULL);
	if (n == (ssize_t)sizeof(failure)) {
		reap(pid);
		return report_failure(proc, &failure, err);
	}
	*ret_pid = pid;
	return 0;
}

int proc_wait(pid_t pid, int *ret_status, struct err *err)
{
	int status = 0;
	pid_t waited = -1;

	do
		waited = waitpid(pid, &status, 0);
	while (waited < 0 && errno == EINTR);
	if (waited < 0)
		return err_errno(err, "wait for process %d", (int)pid);
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

/* One run with collected output. */
struct run {
	const char *name;
	const struct proc_capture *capture;
	pid_t pid;
	int in_fd;                /* the child's stdin */
	int out_fd, err_fd;       /* our ends; -1 = at its end */
	int child_out, child_err; /* the child's ends */
	int pid_fd;               /* -1 = the kernel refuses it: it is looked at again and again */
	uint64_t deadline_ms;     /* 0 = none */
};

static void run_release(struct run *run)
{
	fd_closep(&run->in_fd);
	fd_closep(&run->out_fd);
	fd_closep(&run->err_fd);
	fd_closep(&run->child_out);
	fd_closep(&run->child_err);
	fd_closep(&run->pid_fd);
	if (run->pid > 0) {
		(void)kill(run->pid, SIGKILL);
		reap(run->pid);
	}
}

/*
 * A file in memory: unlike a pipe it cannot block, and nobody has to feed it while the output is
 * read.
 */
static int input_file(const void *data, size_t len, int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int fd = memfd_create("stdin", MFD_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "make a file in memory");
	if (fd_write_all(fd, data, len, "stdin", err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, "rewind a file in memory");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int run_open_stream(struct str *wanted, int *ours, int *childs, struct err *err)
{
	if (!wanted)
		return 0;
	if (fd_pipe(ours, childs, err) < 0)
		return -1;
	return fd_set_nonblocking(*ours, true, err);
}

static int run_start(struct run *run, const struct proc *proc, struct err *err)
{
	const struct proc_capture *capture = run->capture;
	struct proc child = *proc;

	if (capture->input && input_file(capture->input, capture->input_len, &run->in_fd, err) < 0)
		return -1;
	if (run_open_stream(capture->out, &run->out_fd, &run->child_out, err) < 0 ||
	    run_open_stream(capture->err_out, &run->err_fd, &run->child_err, err) < 0)
		return -1;
	child.stdin_fd = run->in_fd < 0 ? PROC_NULL : run->in_fd;
	child.stdout_fd = run->child_out < 0 ? PROC_NULL : run->child_out;
	child.stderr_fd = run->child_err < 0 ? PROC_NULL : run->child_err;
	if (proc_spawn(&child, &run->pid, err) < 0)
		return -1;
	fd_closep(&run->child_out);
	fd_closep(&run->child_err);
	run->pid_fd = pidfd_open(run->pid, 0);
	if (capture->timeout_ms)
		run->deadline_ms = monotonic_ms() + capture->timeout_ms;
	return 0;
}

/*
 * Takes what is there now; closes *fd at its end. `have` is what this run has appended to `s` so
 * far.
 */
static int run_drain(struct run *run, int *fd, struct str *s, size_t *have, struct err *err)
{
	size_t limit =
		run->capture->output_limit ? run->capture->output_limit : LIMIT_HELPER_OUTPUT;
	ssize_t n = 0;

	while (*fd >= 0) {
		str_reserve(s, READ_CHUNK);
		n = read(*fd, s->ptr + s->len, READ_CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return err_errno(err, "read the output of '%s'", run->name);
		if (n == 0)
			fd_closep(fd);
		if ((size_t)n > limit - *have)
			return err_set(err, ERR_LIMIT,
				       "'%s' wrote more than the limit of %zu bytes", run->name,
				       limit);
		*have += (size_t)n;
		s->len += (size_t)n;
		s->ptr[s->len] = '\0';
	}
	return 0;
}

/* How long to wait for something to happen, as poll(2) takes it. */
static int run_wait_time(const struct run *run)
{
	int left = run->deadline_ms ? monotonic_ms_until(run->deadline_ms) : -1;

	if (run->pid_fd < 0 && (left < 0 || left > LOOK_AGAIN_MS))
		return LOOK_AGAIN_MS;
	return left;
}

/* Looks without reaping. */
static bool run_has_ended(const struct run *run)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid;
}

static int run_check_time(const struct run *run, struct err *err)
{
	if (!run->deadline_ms || monotonic_ms() < run->deadline_ms)
		return 0;
	return err_set(err, ERR_LIMIT, "'%s' did not end within %u ms", run->name,
		       run->capture->timeout_ms);
}

/* Until the child has ended and its output is here. */
static int run_loop(struct run *run, struct err *err)
{
	const struct proc_capture *capture = run->capture;
	size_t have_out = 0, have_err = 0;
	bool ended = false;

	while (!ended) {
		struct pollfd fds[] = {
			{ .fd = run->pid_fd, .events = POLLIN },
			{ .fd = capture->monitor ? capture->monitor->cancel_fd : -1,
			  .events = POLLIN },
			{ .fd = run->out_fd, .events = POLLIN },
			{ .fd = run->err_fd, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), run_wait_time(run)) < 0 && errno != EINTR)
			return err_errno(err, "wait for '%s'", run->name);
		/* Looked at before the streams: all that it has written is in them then. */
		ended = run_has_ended(run);
		if (run_drain(run, &run->out_fd, capture->out, &have_out, err) < 0 ||
		    run_drain(run, &run->err_fd, capture->err_out, &have_err, err) < 0)
			return -1;
		if (!ended &&
		    (monitor_check(capture->monitor, err) < 0 || run_check_time(run, err) < 0))
			return -1;
	}
	return 0;
}

int proc_run(const struct proc *proc, const struct proc_capture *capture, int *ret_status,
	     struct err *err)
{
	AUTO(run_release)
	struct run run = {
		.name = proc->argv[0],
		.capture = capture,
		.in_fd = -1,
		.out_fd = -1,
		.err_fd = -1,
		.child_out = -1,
		.child_err = -1,
		.pid_fd = -1,
	};
	pid_t pid = -1;

	if (run_start(&run, proc, err) < 0 || run_loop(&run, err) < 0)
		return -1;
	pid = run.pid;
	run.pid = 0;
	return proc_wait(pid, ret_status, err);
}

static struct span last_line(const struct str *text)
{
	struct span all = span_trim(str_span(text));
	const char *newline = all.len ? memrchr(all.ptr, '\n', all.len) : NULL;

	if (newline) {
		all.len -= (size_t)(newline + 1 - all.ptr);
		all.ptr = newline + 1;
	}
	return span_trim(all);
}

int proc_check(const char *const *argv, struct str *out, struct err *err)
{
	AUTO(str_release) struct str err_out = STR_INIT;
	struct proc proc = { .argv = argv };
	struct proc_capture capture = { .out = out, .err_out = &err_out };
	struct span cause = { 0 };
	int status = 0;

	if (proc_run(&proc, &capture, &status, err) < 0)
		return -1;
	if (status == 0)
		return 0;
	cause = last_line(&err_out);
	if (status > 128)
		(void)err_set(err, ERR_CHILD, "'%s' was killed by signal %d", argv[0],
			      status - 128);
	else if (cause.len)
		(void)err_set(err, ERR_CHILD, "'%s' failed: %.*s", argv[0], SPAN_FMT(cause));
	else
		(void)err_set(err, ERR_CHILD, "'%s' failed with status %d", argv[0], status);
	if (err)
		err->child_status = status;
	return -1;
}
