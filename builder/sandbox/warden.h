/* The process beside one step: receives it, starts its process 1, kills it when the caller goes, cleans up, answers. */
#ifndef SANDBOX_WARDEN_H
#define SANDBOX_WARDEN_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/vec.h"
#include "sandbox/emulation.h"
#include "syscall_filter.h"

struct warden {
	int job_fd; /* the caller's socket: the step comes, the answer goes; its closing cancels */
	int out_fd, err_fd; /* the command's output */
	int dir_fd;         /* of the store */
	int userns_fd;      /* where own emulation is registered; -1 = our own namespace */
	const struct emulation *emulation;
	const struct syscall_filter *filter;
};

/* What the caller gets back. */
struct answer {
	struct err err; /* ERR_NONE = the command ran */
	int status;
	bool emulated;
	struct strvec warnings;
};

/* In a process of its own, a child of the helper. */
NORETURN void warden_main(const struct warden *warden);

WARN_UNUSED int answer_send(int fd, const struct answer *answer, struct err *err);
/* A peer that ended without an answer is an error of its own. */
WARN_UNUSED int answer_receive(int fd, struct answer *ret, struct err *err);
void answer_release(struct answer *answer);

#endif
