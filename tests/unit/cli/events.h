/* Scripted events for the tests of renderers. */
#ifndef EVENTS_H
#define EVENTS_H

#include "render.h"

static inline void emit(struct renderer *renderer, uint64_t now, unsigned step,
			enum event_kind kind, const char *text)
{
	renderer_event(renderer,
		       &(struct event){ .kind = kind, .step = step, .text = text, .stream = 1 },
		       now);
}

static inline void emit_transfer(struct renderer *renderer, uint64_t now, unsigned step,
				 uint64_t done, uint64_t total)
{
	renderer_event(renderer,
		       &(struct event){ .kind = EVENT_TRANSFER,
					.step = step,
					.verb = "pulling",
					.item = "sha256:0123456789abcdef",
					.done = done,
					.total = total },
		       now);
}

/* About line 3 of "Dockerfile"; `rule` may be NULL. */
static inline void emit_file_warning(struct renderer *renderer, uint64_t now, const char *rule,
				     const char *text)
{
	struct source_span span = { .file = (char[]){ "Dockerfile" }, .line = 3 };

	renderer_event(
		renderer,
		&(struct event){ .kind = EVENT_WARNING, .item = rule, .text = text, .span = &span },
		now);
}

/* A renderer that began at `started`, for a terminal of the given size. */
static inline struct renderer *begin(struct renderer *renderer, uint64_t started, unsigned rows,
				     unsigned columns)
{
	renderer->title = "Building";
	renderer->started = started;
	renderer->rows = rows;
	renderer->columns = columns;
	return renderer;
}

#endif
