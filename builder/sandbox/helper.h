/*
 * The small process from which steps start: single-threaded, so that it may fork, whatever the caller's threads do. It
 * keeps the emulators' registrations and starts a warden for each request.
 */
#ifndef SANDBOX_HELPER_H
#define SANDBOX_HELPER_H

#include "base/attr.h"
#include "base/err.h"

/*
 * The rest of the life of a process just forked: serves `control_fd` until its peer closes it. All descriptors but these
 * two and stderr are closed.
 */
NORETURN void helper_main(int control_fd, int dir_fd);

/* The rest of the life of what own_program_exec() started. */
NORETURN void helper_continue(void);

/* Asks it for a warden for a step of that platform. The descriptors stay the caller's. */
WARN_UNUSED int helper_request(int control_fd, const char *arch, const char *variant, int job_fd,
			       int out_fd, int err_fd, struct err *err);

#endif
