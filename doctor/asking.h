/* Questions to several others at a time, none of whom may keep us waiting. */
#ifndef DOCTOR_ASKING_H
#define DOCTOR_ASKING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/monitor.h"

struct question {
	/* Called in a thread of its own; ends soon after `monitor` is cancelled. */
	void (*ask)(void *data, const struct monitor *monitor);
	void *data;
	bool is_answered; /* ask() ended before the deadline */
};

/* Milliseconds that all of them have together. */
#define ASKING_DEADLINE_MS 3000

/* Asks them all, some at a time; returns when all have answered, at the deadline, or when `monitor` is cancelled. */
WARN_UNUSED int ask_all(struct question *questions, size_t count, const struct monitor *monitor,
			struct err *err);

#endif
