/*
 * What a long operation reports to, and asks whether to go on. Lower rooms never print: they emit
 * events; cli/ shows them as a live view, plain lines or JSON.
 *
 * An event belongs to a step (a vertex of a build, an image of a push). Step 0 is the command as a
 * whole. Within a step, transfers are told apart by `item` (a digest, a file). Events may come from
 * any thread: a sink must lock.
 */
#ifndef BASE_MONITOR_H
#define BASE_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

enum event_kind {
	EVENT_STEP_ADDED,    /* text = its name; it will run or be found cached */
	EVENT_STEP_PLATFORM, /* item = what it is for, "linux/arm64"; verb = "emulated" or NULL */
	EVENT_STEP_STARTED,
	EVENT_STEP_CACHED,
	EVENT_STEP_DONE,
	EVENT_STEP_FAILED, /* text = the error's message */
	EVENT_STEP_CANCELLED,
	EVENT_STEP_DETAIL, /* text = a fact about it: why it missed the cache, its exit status */
	EVENT_TRANSFER,    /* item, verb, done of total bytes, which ends it; total 0 = unknown */
	EVENT_TRANSFER_DONE,
	EVENT_LOG,     /* text = output of the step, not line-buffered; stream 1 or 2 */
	EVENT_WARNING, /* text, with a span when it is about a file */
	EVENT_INFO,    /* text = a line for the user */
};

struct event {
	enum event_kind kind;
	unsigned step;
	const char *item; /* borrowed for the call, as all pointers here */
	const char *verb; /* "pulling", "extracting", "pushing" */
	uint64_t done, total;
	int stream;
	const char *text;
	size_t text_len; /* 0 = strlen(text) */
	const struct source_span *span;
};

struct monitor {
	/* NULL = nobody listens. Called from any thread. */
	void (*sink)(void *sink_data, const struct event *event);
	void *sink_data;
	/*
	 * Readable once the operation is to stop; -1 = cannot be cancelled. Level-triggered: nobody
	 * reads from it.
	 */
	int cancel_fd;
};

#define MONITOR_SILENT ((struct monitor){ .cancel_fd = -1 })

/*
 * A unique number for a new step of this process; announces it. NULL monitors are fine in all of
 * these.
 */
unsigned monitor_add_step(const struct monitor *monitor, const char *fmt, ...) PRINTF_LIKE(2, 3);
void monitor_emit(const struct monitor *monitor, const struct event *event);
void monitor_step(const struct monitor *monitor, unsigned step, enum event_kind kind);
void monitor_text(const struct monitor *monitor, unsigned step, enum event_kind kind,
		  const char *fmt, ...) PRINTF_LIKE(4, 5);
void monitor_transfer(const struct monitor *monitor, unsigned step, const char *verb,
		      const char *item, uint64_t done, uint64_t total);

bool monitor_is_cancelled(const struct monitor *monitor);
/* -1 with ERR_CANCELLED once it is to stop: `if (monitor_check(m, err) < 0) return -1;` */
WARN_UNUSED int monitor_check(const struct monitor *monitor, struct err *err);

#endif
