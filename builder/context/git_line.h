/*
 * How long a git server may let us wait: for its answer as long as it may need to think, for the rest of one much less. The clock
 * runs only while we wait, so that our own work does not count.
 */
#ifndef CONTEXT_GIT_LINE_H
#define CONTEXT_GIT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monitor.h"

struct git_line {
	const struct monitor *monitor; /* borrowed; NULL = not cancellable */
	unsigned stall_ms;             /* of silence in the middle of an answer; 0 = 30 s */
	unsigned answer_ms;            /* of silence before one; 0 = 300 s */
	/* The pack is coming, and nothing else: then less than 1 kB/s is no better than silence. */
	bool brings_pack;
	/* private */
	bool is_answered; /* since we sent last */
	bool is_stalled;
	uint64_t bytes, waited_ms; /* since enough came */
};

/* At the beginning of each exchange; what was set stays. */
void git_line_begin(struct git_line *line);
/* Until poll(2) finds one of `events` at `fd`. -1 when the server has stalled, or the monitor says so. */
WARN_UNUSED int git_line_wait(struct git_line *line, int fd, short events);
/* The same for a connection that comes about: within the time of a stall, which is not yet one of the exchange. */
WARN_UNUSED int git_line_wait_connected(struct git_line *line, int fd);
void git_line_received(struct git_line *line, size_t bytes);
void git_line_sent(struct git_line *line);
/* Why the exchange failed: -1 with ERR_NETWORK when the server has stalled, else 0. */
int git_line_check(const struct git_line *line, struct err *err);

#endif
