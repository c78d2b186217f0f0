#include "base/proc.h"

#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/limits.h"
#include "unit.h"

#define ARGV(...)     ((const char *const[]){ __VA_ARGS__, NULL })
#define SHELL(script) ARGV("/bin/sh", "-c", (script))

static void collects_both_streams(void **state)
{
	(void)state;
	AUTO(str_release) struct str out = STR_INIT;
	AUTO(str_release) struct str err_out = STR_INIT;
	const struct proc proc = { .argv = SHELL("echo to out; echo to err >&2; exit 3") };
	const struct proc_capture capture = { .out = &out, .err_out = &err_out };
	int status = -1;

	str_add(&out, "before: ");
	assert_ok(proc_run(&proc, &capture, &status, &err_));
	assert_int_equal(status, 3);
	assert_string_equal(out.ptr, "before: to out\n");
	assert_string_equal(err_out.ptr, "to err\n");
}

static void input_of_any_size(void **state)
{
	(void)state;
	/* More than pipes hold. */
	static const size_t sizes[] = { 0, 1, 1 << 20 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		AUTO(str_release) struct str out = STR_INIT;
		AUTO(freep) char *input = xmalloc(sizes[i]);
		const struct proc proc = { .argv = ARGV("cat") };
		const struct proc_capture capture = {
			.input = input, .input_len = sizes[i], .out = &out, .output_limit = 1 << 20
		};
		int status = -1;

		memset(input, 'i', sizes[i]);
		assert_ok(proc_run(&proc, &capture, &status, &err_));
		assert_int_equal(status, 0);
		assert_int_equal(out.len, sizes[i]);
		assert_memory_equal(out.ptr, input, sizes[i]);
	}
}

/* Nobody reads it: no signal, no error. */
static void input_that_is_not_read(void **state)
{
	(void)state;
	AUTO(freep) char *input = xcalloc(1, 1 << 20);
	const struct proc proc = { .argv = ARGV("true") };
	const struct proc_capture capture = { .input = input, .input_len = 1 << 20 };
	int status = -1;

	assert_ok(proc_run(&proc, &capture, &status, &err_));
	assert_int_equal(status, 0);
}

static void no_input_is_dev_null(void **state)
{
	(void)state;
	AUTO(str_release) struct str out = STR_INIT;
	const struct proc proc = { .argv = ARGV("cat") };
	const struct proc_capture capture = { .out = &out };
	int status = -1;

	assert_ok(proc_run(&proc, &capture, &status, &err_));
	assert_int_equal(status, 0);
	assert_int_equal(out.len, 0);
}

static void output_has_a_limit(void **state)
{
	(void)state;
	for (int stream = 1; stream <= 2; stream++) {
		AUTO(str_release) struct str out = STR_INIT;
		AUTO(str_release) struct str err_out = STR_INIT;
		AUTO(freep) char *exact = xasprintf("head -c 1000 /dev/zero >&%d", stream);
		AUTO(freep) char *endless = xasprintf("cat /dev/zero >&%d", stream);
		const struct proc_capture capture = { .out = &out,
						      .err_out = &err_out,
						      .output_limit = 1000 };
		int status = -1;

		assert_ok(
			proc_run(&(struct proc){ .argv = SHELL(exact) }, &capture, &status, &err_));
		assert_int_equal((stream == 1 ? out : err_out).len, 1000);
		assert_int_equal(proc_run(&(struct proc){ .argv = SHELL(endless) }, &capture,
					  &status, &err_),
				 -1);
		assert_int_equal(err_.kind, ERR_LIMIT);
		assert_string_equal(err_.message,
				    "'/bin/sh' wrote more than the limit of 1000 bytes");
	}
}

static bool has_children(void)
{
	return waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD;
}

static void time_has_a_limit(void **state)
{
	(void)state;
	const struct proc proc = { .argv = ARGV("sleep", "600") };
	const struct proc_capture capture = { .timeout_ms = 50 };
	int status = -1;

	assert_int_equal(proc_run(&proc, &capture, &status, &err_), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
	assert_string_equal(err_.message, "'sleep' did not end within 50 ms");
	assert_int_equal(status, -1);
	assert_false(has_children());
}

static void can_be_cancelled(void **state)
{
	(void)state;
	AUTO(fd_closep) int in = -1;
	AUTO(fd_closep) int out = -1;
	struct monitor monitor = { .cancel_fd = -1 };
	const struct proc proc = { .argv = ARGV("sleep", "600") };
	const struct proc_capture capture = { .monitor = &monitor };
	int status = -1;

	assert_ok(fd_pipe(&in, &out, &err_));
	monitor.cancel_fd = in;
	assert_ok(fd_write_all(out, "x", 1, "pipe", &err_));
	assert_int_equal(proc_run(&proc, &capture, &status, &err_), -1);
	assert_int_equal(err_.kind, ERR_CANCELLED);
	assert_false(has_children());
}

/*
 * The background process keeps the pipe open; it ends by itself when nobody reads what it writes.
 */
static void grandchildren_are_not_waited_for(void **state)
{
	(void)state;
	AUTO(str_release) struct str out = STR_INIT;
	const struct proc proc = { .argv = SHELL("(while sleep 1; do echo x; done) & echo done") };
	const struct proc_capture capture = { .out = &out };
	int status = -1;

	assert_ok(proc_run(&proc, &capture, &status, &err_));
	assert_string_equal(out.ptr, "done\n");
}

static int refuse_pidfd(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (!filter ||
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(pidfd_open), 0) < 0 ||
	    seccomp_load(filter) < 0)
		return -1;
	seccomp_release(filter);
	return pidfd_open(getpid(), 0) < 0 ? 0 : -1;
}

/* In a child; its exit status tells which step failed. */
static int run_without_pidfd(void)
{
	AUTO(str_release) struct str out = STR_INIT;
	const struct proc quick = { .argv = SHELL("echo x; exit 4") };
	const struct proc slow = { .argv = ARGV("sleep", "600") };
	int status = -1;

	if (refuse_pidfd() < 0)
		return 1;
	if (proc_run(&quick, &(struct proc_capture){ .out = &out }, &status, &err_) < 0 ||
	    status != 4 || strcmp(out.ptr, "x\n") != 0)
		return 2;
	if (proc_run(&slow, &(struct proc_capture){ .timeout_ms = 50 }, &status, &err_) == 0 ||
	    err_.kind != ERR_LIMIT)
		return 3;
	return 0;
}

static void works_without_pidfd(void **state)
{
	(void)state;
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run_without_pidfd());
	assert_ok(proc_wait(pid, &status, &err_));
	assert_int_equal(status, 0);
}

static void signals_become_a_status(void **state)
{
	(void)state;
	const struct proc proc = { .argv = SHELL("kill -9 $$") };
	int status = -1;

	assert_ok(proc_run(&proc, &(struct proc_capture){ .out = NULL }, &status, &err_));
	assert_int_equal(status, 128 + SIGKILL);
}

static void what_cannot_be_started(void **state)
{
	(void)state;
	write_text("plain", "x");
	const struct {
		struct proc proc;
		enum err_kind kind;
		const char *message;
	} rows[] = {
		{ { .argv = ARGV("no-such-tool") },
		  ERR_NOT_FOUND,
		  "run 'no-such-tool': no such program in PATH" },
		{ { .argv = ARGV("./gone") },
		  ERR_NOT_FOUND,
		  "run './gone': no such file or directory" },
		{ { .argv = ARGV("./plain") }, ERR_DENIED, "run './plain': permission denied" },
		{ { .argv = ARGV("true"), .dir = "gone" },
		  ERR_NOT_FOUND,
		  "run 'true': enter 'gone': no such file or directory" },
		{ { .argv = ARGV("true"), .stdout_fd = 12345 },
		  ERR_SYSTEM,
		  "run 'true': set up its streams: bad file descriptor" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pid_t pid = -1;

		assert_row(proc_spawn(&rows[i].proc, &pid, &err_) == -1, rows[i].message);
		assert_string_equal(err_.message, rows[i].message);
		assert_int_equal(err_.kind, rows[i].kind);
		assert_int_equal(pid, -1);
		assert_false(has_children());
	}
}

static void directory_and_environment(void **state)
{
	(void)state;
	AUTO(str_release) struct str out = STR_INIT;
	const struct proc proc = { .argv = SHELL("echo $A-$HOME; cat here; echo x > there"),
				   .dir = "d",
				   .env = ARGV("A=1", "PATH=/bin:/usr/bin") };
	const struct proc_capture capture = { .out = &out };
	int status = -1;

	assert_ok(fs_mkdir_all(AT_FDCWD, "d", 0755, &err_));
	write_text("d/here", "found");
	assert_ok(proc_run(&proc, &capture, &status, &err_));
	assert_string_equal(out.ptr, "1-\nfound");
	assert_true(fs_exists(AT_FDCWD, "d/there"));
}

/* Ignored and blocked signals, and open descriptors, are ours alone. */
static void child_starts_clean(void **state)
{
	(void)state;
	AUTO(str_release) struct str out = STR_INIT;
	const struct proc proc = { .argv = ARGV("sed", "-n", "/^Sig[BIC]/p", "/proc/self/status") };
	const struct proc look = { .argv = SHELL("[ -e /proc/$$/fd/77 ] || echo closed") };
	const struct proc_capture capture = { .out = &out };
	int leaked = fcntl(STDERR_FILENO, F_DUPFD, 77); /* without O_CLOEXEC */
	sigset_t mask, before;
	int status = -1;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, &before);
	signal(SIGPIPE, SIG_IGN);
	assert_ok(proc_run(&proc, &capture, &status, &err_));
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	assert_string_equal(out.ptr, "SigBlk:\t0000000000000000\n"
				     "SigIgn:\t0000000000000000\n"
				     "SigCgt:\t0000000000000000\n");
	str_clear(&out);
	assert_ok(proc_run(&look, &capture, &status, &err_));
	assert_int_equal(leaked, 77);
	assert_int_equal(fcntl(leaked, F_GETFD), 0); /* still as it was, here */
	close(leaked);
	assert_string_equal(out.ptr, "closed\n");
}

static void streams_may_cross(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	const struct proc proc = { .argv = SHELL("echo out; echo err >&2"),
				   .stdout_fd = STDERR_FILENO,
				   .stderr_fd = STDOUT_FILENO };
	int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
	int fd_out = open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int fd_err = open("err", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int status = -1, spawned = -1;
	pid_t pid = -1;

	(void)fflush(NULL);
	dup2(fd_out, STDOUT_FILENO);
	dup2(fd_err, STDERR_FILENO);
	spawned = proc_spawn(&proc, &pid, &err_);
	dup2(saved_out, STDOUT_FILENO);
	dup2(saved_err, STDERR_FILENO);
	assert_int_equal(spawned, 0);
	assert_ok(proc_wait(pid, &status, &err_));
	assert_int_equal(status, 0);
	assert_ok(fs_read_file(AT_FDCWD, "out", 100, &text, &err_));
	assert_string_equal(text.ptr, "err\n");
	assert_ok(fs_read_file(AT_FDCWD, "err", 100, &text, &err_));
	assert_string_equal(text.ptr, "out\n");
	close(saved_out);
	close(saved_err);
	close(fd_out);
	close(fd_err);
}

static void check(void **state)
{
	(void)state;
	AUTO(str_release) struct str out = STR_INIT;
	static const struct {
		const char *script, *message;
		int status;
	} rows[] = {
		{ "echo first >&2; echo ' last words ' >&2; exit 2", "'/bin/sh' failed: last words",
		  2 },
		{ "exit 5", "'/bin/sh' failed with status 5", 5 },
		{ "kill -15 $$", "'/bin/sh' was killed by signal 15", 143 },
	};

	assert_ok(proc_check(ARGV("echo", "hello"), &out, &err_));
	assert_string_equal(out.ptr, "hello\n");
	assert_ok(proc_check(ARGV("echo", "hello"), NULL, &err_));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(proc_check(SHELL(rows[i].script), NULL, &err_), -1);
		assert_string_equal(err_.message, rows[i].message);
		assert_int_equal(err_.kind, ERR_CHILD);
		assert_int_equal(err_.child_status, rows[i].status);
	}
}

static void nothing_stays_open(void **state)
{
	(void)state;
	AUTO(str_release) struct str out = STR_INIT;
	const struct proc_capture capture = {
		.input = "x", .input_len = 1, .out = &out, .err_out = &out, .output_limit = 10
	};
	int first = dup(STDIN_FILENO), again = -1, status = 0;

	close(first);
	assert_ok(proc_run(&(struct proc){ .argv = ARGV("true") }, &capture, &status, &err_));
	assert_int_equal(proc_run(&(struct proc){ .argv = ARGV("gone") }, &capture, &status, &err_),
			 -1);
	assert_int_equal(proc_run(&(struct proc){ .argv = SHELL("cat /dev/zero") }, &capture,
				  &status, &err_),
			 -1);
	again = dup(STDIN_FILENO);
	close(again);
	assert_int_equal(first, again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(collects_both_streams),
		scratch_test(input_of_any_size),
		scratch_test(input_that_is_not_read),
		scratch_test(no_input_is_dev_null),
		scratch_test(output_has_a_limit),
		scratch_test(time_has_a_limit),
		scratch_test(can_be_cancelled),
		scratch_test(grandchildren_are_not_waited_for),
		scratch_test(works_without_pidfd),
		scratch_test(signals_become_a_status),
		scratch_test(what_cannot_be_started),
		scratch_test(directory_and_environment),
		scratch_test(child_starts_clean),
		scratch_test(streams_may_cross),
		scratch_test(check),
		scratch_test(nothing_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
