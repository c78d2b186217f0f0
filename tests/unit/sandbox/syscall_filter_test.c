#include "syscall_filter.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../base/unit.h"

/* The errno of a call in a process under the filter; 0 when it succeeded. */
static int errno_of(const struct syscall_filter *filter, long number, long a, long b)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		/* As an ordinary user: an unprivileged process may have filters with this. */
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    syscall_filter_load(filter, NULL) < 0)
			_exit(255);
		_exit(syscall(number, a, b, 0, 0, 0) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct call {
	const char *name;
	long number, a, b;
	int expected;
};

static void check_calls(const struct call *calls, size_t count)
{
	AUTO(syscall_filter_release) struct syscall_filter filter = SYSCALL_FILTER_INIT;

	assert_ok(syscall_filter_make(&filter, &err_));
	for (size_t i = 0; i < count; i++) {
		int got = errno_of(&filter, calls[i].number, calls[i].a, calls[i].b);

		if (got != calls[i].expected)
			fail_msg("%s: %s", calls[i].name, strerror(got));
	}
}

static void what_docker_refuses_is_refused(void **state)
{
	(void)state;
	static const struct call calls[] = {
		{ "mount", SYS_mount, 0, 0, EPERM },
		{ "keyctl", SYS_keyctl, 0, 0, EPERM },
		{ "unshare", SYS_unshare, CLONE_NEWUSER, 0, EPERM },
		{ "setns", SYS_setns, -1, 0, EPERM },
		{ "bpf", SYS_bpf, 0, 0, EPERM },
		{ "perf_event_open", SYS_perf_event_open, 0, 0, EPERM },
		{ "io_uring_setup", 425, 1, 0, EPERM },
		{ "userfaultfd", SYS_userfaultfd, 0, 0, EPERM },
		{ "lsm_list_modules", 461, 0, 0, EPERM },
		{ "clone of a user namespace", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, EPERM },
		{ "vsock", SYS_socket, AF_VSOCK, SOCK_STREAM, EPERM },
		{ "kernel crypto", SYS_socket, AF_ALG, SOCK_SEQPACKET, EPERM },
		{ "no address randomization", SYS_personality, ADDR_NO_RANDOMIZE, 0, EPERM },
		{ "clone3", 435, 0, 0, ENOSYS },
		{ "newer than the table", 467, 0, 0, ENOSYS },
		{ "much newer than the table", 2000, 0, 0, ENOSYS },
		{ "x32", 0x40000000 + 39, 0, 0, ENOSYS },
	};

	check_calls(calls, ARRAY_SIZE(calls));
}

static void what_builds_need_is_not(void **state)
{
	(void)state;
	static const struct call calls[] = {
		{ "getpid", SYS_getpid, 0, 0, 0 },
		{ "socket", SYS_socket, AF_INET, SOCK_STREAM, 0 },
		{ "netlink", SYS_socket, AF_NETLINK, SOCK_RAW, 0 },
		{ "32-bit uname", SYS_personality, PER_LINUX32, 0, 0 },
		{ "asking for the personality", SYS_personality, 0xffffffff, 0, 0 },
		{ "memfd_create", SYS_memfd_create, (long)"x", 0, 0 },
		{ "bad arguments reach the kernel", SYS_ptrace, 12345, 1, ESRCH },
		{ "close_range", SYS_close_range, 3, ~0U, 0 },
	};

	check_calls(calls, ARRAY_SIZE(calls));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_docker_refuses_is_refused),
		cmocka_unit_test(what_builds_need_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
