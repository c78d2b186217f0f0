/*
 * Between a step and whoever shows its output: masks secrets, and notices what QEMU says when an emulated program crashes,
 * and what programs say when the disk is full.
 *
 *	run_log_begin(&log, solver->monitor, &mask);
 *	sandbox_run(sandbox, &step, &log.monitor, ...);
 *	run_log_end(&log);
 */
#ifndef SOLVE_RUN_LOG_H
#define SOLVE_RUN_LOG_H

#include "base/monitor.h"
#include "base/str.h"
#include "secret_mask.h"

struct run_log {
	struct monitor monitor; /* for the step */
	const struct monitor *shown;
	const struct secret_mask *mask;
	struct str pending[2]; /* of stdout and stderr: perhaps the beginning of a secret */
	unsigned step;         /* of the last event */
	size_t matched[2];     /* bytes of QEMU's message so far */
	size_t matched_full[2];
	int crash_signal; /* of an emulated program; 0 = none was seen. The guest's number */
	bool said_full;   /* strerror(ENOSPC) in the "C" locale */
};

/* All borrowed until the end. */
void run_log_begin(struct run_log *log, const struct monitor *shown,
		   const struct secret_mask *mask);
/* Shows what was held back. */
void run_log_end(struct run_log *log);

#endif
