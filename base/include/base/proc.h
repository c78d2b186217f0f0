/*
 * Running other programs. argv vectors only, never a shell line. The child gets exactly the
 * descriptors named here; everything else is close-on-exec.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/monitor.h"
#include "base/str.h"

struct proc {
	const char *const *argv; /* argv[0] is looked up in PATH */
	const char *const *env;  /* NULL = ours */
	const char *dir;         /* NULL = ours */
	int stdin_fd; /* PROC_INHERIT, PROC_NULL or a descriptor, borrowed; so are the next two */
	int stdout_fd, stderr_fd;
};

#define PROC_INHERIT \
	0 /* what a struct proc says that says nothing: our own stream of that number */
#define PROC_NULL (-1) /* /dev/null */

/* Starts it; a missing or unexecutable program is an error here, not in the child. */
WARN_UNUSED int proc_spawn(const struct proc *proc, pid_t *ret_pid, struct err *err);
/* Waits; *ret_status is the exit status, or 128 + signal. */
WARN_UNUSED int proc_wait(pid_t pid, int *ret_status, struct err *err);

struct proc_capture {
	const void *input; /* fed to stdin; NULL = /dev/null */
	size_t input_len;
	size_t output_limit;           /* for each of the two streams; 0 = LIMIT_HELPER_OUTPUT */
	unsigned timeout_ms;           /* 0 = none */
	const struct monitor *monitor; /* NULL = not cancellable */
	struct str *out, *err_out;     /* appended; NULL = /dev/null */
};

/*
 * Runs to the end and collects the output; the streams of `proc` are not looked at. What a
 * grandchild writes after the child has ended is not waited for. A child that fails is not an error
 * of this function: *ret_status tells. ERR_CANCELLED and ERR_LIMIT (time, output) kill the child
 * first.
 */
WARN_UNUSED int proc_run(const struct proc *proc, const struct proc_capture *capture,
			 int *ret_status, struct err *err);
/* The usual case: status other than 0 is ERR_CHILD with the last line of stderr as the cause. */
WARN_UNUSED int proc_check(const char *const *argv, struct str *out, struct err *err);

#endif
