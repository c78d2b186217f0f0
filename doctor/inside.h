/*
 * The checks that look from inside: a process of its own enters the ids of builds and opens the store and a sandbox, as a
 * build would, so that whoever asked stays as he was.
 */
#ifndef DOCTOR_INSIDE_H
#define DOCTOR_INSIDE_H

#include <sys/types.h>

#include "doctor/check.h"

struct inside {
	pid_t pid; /* 0 = none */
	int answer_fd;
};

#define INSIDE_INIT              \
	{                        \
		.answer_fd = -1, \
	}

/* Starts those of the checks, NULL-ended, that are CHECK_INSIDE. While there is one thread. */
WARN_UNUSED int inside_start(const struct check *const *checks, const struct check_context *context,
			     struct inside *ret, struct err *err);
/* Waits for what it found. */
WARN_UNUSED int inside_finish(struct inside *inside, const struct monitor *monitor,
			      struct findings *ret, struct err *err);
void inside_release(struct inside *inside);

#endif
