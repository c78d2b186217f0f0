/*
 * Renderers turn events into text for stderr: a live view of a terminal, plain lines, JSON, or
 * nothing but the failure. They know neither threads nor clocks nor descriptors (that is
 * progress.h): what they want written is appended to `out`.
 */
#ifndef CLI_RENDER_H
#define CLI_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monitor.h"
#include "step.h"

struct renderer;

/* All times are in nanoseconds of one monotonic clock, never 0. Members may be NULL. */
struct renderer_kind {
	unsigned tick_ms;    /* how often tick is wanted */
	bool shows_errors;   /* finish prints the error itself */
	bool lists_warnings; /* those about a file come together, by renderer_add_end() */
	/* `step` is the event's step, brought up to date; NULL for step 0. */
	void (*event)(struct renderer *renderer, const struct event *event, struct step *step,
		      uint64_t now);
	void (*tick)(struct renderer *renderer, uint64_t now);
	/* The end: what is still to be shown, and how it failed (NULL = it did not). */
	void (*finish)(struct renderer *renderer, const struct err *err, uint64_t now);
	void (*release)(struct renderer *renderer);
};

/* What all kinds share; a kind's own struct begins with it. */
struct renderer {
	const struct renderer_kind *kind;
	const char *title; /* participle of the command: "Building" */
	bool colour;
	bool is_stopping;       /* the user has asked for it */
	unsigned rows, columns; /* of the terminal, now */
	uint64_t started;
	struct steps steps;
	struct str warnings; /* about files, a line each */
	unsigned warning_count;
	struct str out;
};

struct renderer *render_tty_new(void);
struct renderer *render_plain_new(void);
struct renderer *render_json_new(void);
struct renderer *render_quiet_new(void);
/* Of a command that only asks: no steps, but what there is to be told and to be warned of. */
struct renderer *render_messages_new(void);

void renderer_event(struct renderer *renderer, const struct event *event, uint64_t now);
void renderer_tick(struct renderer *renderer, uint64_t now);
void renderer_finish(struct renderer *renderer, const struct err *err, uint64_t now);
void renderer_freep(struct renderer **renderer);

/* For kinds: a warning, or a line for the user. */
void renderer_add_message(struct renderer *renderer, const struct event *event);
/*
 * For kinds: the end of the failing step's output, the warnings about files, and the excerpt of the file
 * that err is about; err NULL = nothing failed.
 */
void renderer_add_end(struct renderer *renderer, const struct err *err);

#endif
