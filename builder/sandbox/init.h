/* Process 1 of a step: makes its namespaces and mounts, starts the command, reaps, and ends with the command's status. */
#ifndef SANDBOX_INIT_H
#define SANDBOX_INIT_H

#include "base/err.h"
#include "base/vec.h"
#include "job.h"
#include "mount_plan.h"
#include "mount_point.h"
#include "sandbox/emulation.h"
#include "syscall_filter.h"

struct init_task {
	const struct job *job;
	const struct mount_facts *facts;
	const struct emulation *emulation;
	const struct syscall_filter *filter;
	int dir_fd;         /* that the job's directories are relative to */
	int out_fd, err_fd; /* the command's */
	int report_fd;      /* a socket, above the three streams; closed once the command runs */
};

/* What process 1 tells before the command runs, or when that failed. */
struct init_report {
	struct stubs stubs;
	struct strvec warnings;
	struct err err; /* ERR_NONE = all is well */
};

/* In a fresh process that is number 1 of its pid namespace. Exit status: the command's, or 128 + signal. */
NORETURN void init_main(const struct init_task *task);

/* Adds a received report to what came before. */
WARN_UNUSED int init_report_decode(struct span message, struct init_report *report,
				   struct err *err);
void init_report_release(struct init_report *what);

#endif
