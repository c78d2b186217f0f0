/*
 * What the events of a monitor add up to: steps with their state, their transfers and the end of
 * their output. Renderers keep one table and draw from it. Not thread-safe: render.c locks.
 */
#ifndef CLI_STEP_H
#define CLI_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/monitor.h"
#include "base/vec.h"
#include "step_output.h"

enum step_state {
	STEP_WAITING,
	STEP_RUNNING,
	STEP_CACHED,
	STEP_DONE,
	STEP_FAILED,
	STEP_CANCELLED,
};

struct transfer {
	char *item, *verb;
	uint64_t done, total; /* bytes; total 0 = unknown */
	/* At the first event: what was there before does not count for the rate. */
	uint64_t first_done;
	uint64_t started, ended; /* nanoseconds; ended 0 = running */
	bool was_shown;          /* for renderers: its end has been printed */
};

struct transfers {
	struct transfer *items;
	size_t len, cap;
};

struct step {
	unsigned id;
	char *name;
	char *platform;   /* NULL = not known */
	bool is_emulated; /* runs programs of another processor */
	enum step_state state;
	uint64_t started, ended; /* nanoseconds; 0 = not yet */
	struct transfers transfers;
	struct step_output output;
	char *detail;  /* the last one; NULL = none */
	char *failure; /* message; NULL = none */
};

/* In the order in which they started, then those that wait. The addresses of steps stay. */
struct steps {
	struct step **items;
	size_t len, cap;
	size_t started; /* how many are not waiting */
};

void steps_release(struct steps *steps);
/*
 * Brings the table up to date. Returns the step that the event is about; NULL for step 0 and for
 * events about no step. Output is only remembered, split into lines: see step_output.h for whoever
 * wants every line.
 */
struct step *steps_apply(struct steps *steps, const struct event *event, uint64_t now);
struct step *steps_find(const struct steps *steps, unsigned id);
/* What an event says, as a slice. */
struct span event_span(const struct event *event);
/* The transfer that an applied event was about. */
struct transfer *step_transfer(struct step *step, const struct event *event);
bool step_is_over(const struct step *step);
/* Steps that are over. */
unsigned steps_count_over(const struct steps *steps);
/* How long it has run, or ran. */
uint64_t step_elapsed(const struct step *step, uint64_t now);
/* Bytes per second; 0 = too early to tell. */
uint64_t transfer_rate(const struct transfer *transfer, uint64_t now);
/* Nanoseconds until it is over at that rate; 0 = unknown. */
uint64_t transfer_left(const struct transfer *transfer, uint64_t now);
/* "sha256:0123456789ab" for a digest, else the item as it is. */
void transfer_format_item(const struct transfer *transfer, struct str *out);

/*
 * "------", the step's name, the end of its output, "------": for the first step that failed;
 * nothing when none did or when it said nothing.
 */
void steps_format_failure(const struct steps *steps, struct str *out);

#endif
