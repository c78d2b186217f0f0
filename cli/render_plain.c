#include "render.h"

#include <inttypes.h>

#include "format.h"
#include "report.h"

/*
 * Steps run at the same time, a reader wants one after the other. Lines of one step are shown at
 * once, those of the others wait until it is over, or until they have waited PATIENCE_NS.
 */
#define PATIENCE_NS     UINT64_C(2000000000)
#define TRANSFER_LOG_NS UINT64_C(5000000000) /* between two lines about a transfer */
#define NS_PER_SECOND   1e9

/* What a step has to say, and since when it waits. */
struct plain_step {
	unsigned id;
	struct str pending;
	uint64_t waits_since; /* 0 = nothing pending */
	uint64_t transfer_shown;
	bool was_current, is_over;
};

struct plain {
	struct renderer base;
	struct plain_step **items;
	size_t len, cap;
	struct plain_step *current; /* whose lines are shown; NULL = nobody's */
};

static struct plain *plain_of(struct renderer *renderer)
{
	return CONTAINER_OF(renderer, struct plain, base);
}

static struct plain_step *find(struct plain *plain, unsigned id)
{
	struct plain_step *added = NULL;

	for (size_t i = plain->len; i > 0; i--) {
		if (plain->items[i - 1]->id == id)
			return plain->items[i - 1];
	}
	added = xcalloc(1, sizeof(*added));
	added->id = id;
	str_init(&added->pending, 0);
	*VEC_ADD(plain) = added;
	return added;
}

static void write_pending(struct plain *plain, struct plain_step *step)
{
	str_addn(&plain->base.out, step->pending.ptr, step->pending.len);
	str_clear(&step->pending);
	step->waits_since = 0;
	if (!step->is_over)
		return;
	str_addc(&plain->base.out, '\n');
	plain->current = NULL;
}

static struct plain_step *longest_waiting(struct plain *plain)
{
	struct plain_step *longest = NULL;

	VEC_FOREACH(step, plain) {
		if ((*step)->waits_since &&
		    (!longest || (*step)->waits_since < longest->waits_since))
			longest = *step;
	}
	return longest;
}

/* The first one that runs silently and was never shown. */
static struct plain_step *first_unseen(struct plain *plain)
{
	VEC_FOREACH(step, plain) {
		if (!(*step)->was_current)
			return *step;
	}
	return NULL;
}

static void switch_to(struct plain *plain, struct plain_step *step)
{
	if (plain->current)
		str_addf(&plain->base.out, "#%u ...\n\n", plain->current->id);
	plain->current = step;
	step->was_current = true;
	str_addf(&plain->base.out, "#%u %s\n", step->id,
		 steps_find(&plain->base.steps, step->id)->name);
	write_pending(plain, step);
}

static void show(struct plain *plain, uint64_t now)
{
	struct plain_step *next = NULL;

	if (plain->current && plain->current->waits_since)
		write_pending(plain, plain->current);
	while ((next = longest_waiting(plain)) != NULL) {
		if (plain->current && now - next->waits_since < PATIENCE_NS)
			return;
		switch_to(plain, next);
	}
	next = first_unseen(plain);
	if (!plain->current && next)
		switch_to(plain, next);
}

static void say(struct plain_step *step, uint64_t now, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void say(struct plain_step *step, uint64_t now, const char *fmt, ...)
{
	va_list ap;

	str_addf(&step->pending, "#%u ", step->id);
	va_start(ap, fmt);
	str_addv(&step->pending, fmt, ap);
	va_end(ap);
	str_addc(&step->pending, '\n');
	if (!step->waits_since)
		step->waits_since = now;
}

/* --- one function per kind of event --- */

struct log_target {
	struct plain_step *step;
	double seconds; /* since the step began */
	uint64_t now;
};

static void say_log_line(void *data, const char *line)
{
	const struct log_target *target = data;

	say(target->step, target->now, "%.3f %s", target->seconds, line);
}

static void say_end(struct plain_step *shown, struct step *step, uint64_t now)
{
	AUTO(str_release) struct str elapsed = STR_INIT;

	if (shown->is_over)
		return;
	format_elapsed(&elapsed, step_elapsed(step, now));
	if (step->state == STEP_CACHED)
		say(shown, now, "CACHED");
	else if (step->state == STEP_DONE)
		say(shown, now, "DONE %s", elapsed.ptr);
	else if (step->state == STEP_CANCELLED)
		say(shown, now, "CANCELED");
	else if (!strchr(step->failure, '\n'))
		say(shown, now, "ERROR: %s", step->failure);
	else /* problems of a file: they come whole at the end */
		say(shown, now, "ERROR");
	shown->is_over = true;
}

static void say_transfer(struct plain_step *shown, const struct transfer *transfer, uint64_t now)
{
	uint64_t left = transfer_left(transfer, now);
	AUTO(str_release) struct str text = STR_INIT;

	if (!shown->transfer_shown)
		shown->transfer_shown = now;
	if (!transfer->ended && now - shown->transfer_shown < TRANSFER_LOG_NS)
		return;
	shown->transfer_shown = now;
	if (transfer->verb)
		str_addf(&text, "%s ", transfer->verb);
	transfer_format_item(transfer, &text);
	str_addc(&text, ' ');
	format_size(&text, transfer->done);
	if (transfer->total > 0) {
		str_add(&text, " / ");
		format_size(&text, transfer->total);
	}
	str_addc(&text, ' ');
	format_elapsed(&text, (transfer->ended ? transfer->ended : now) - transfer->started);
	if (left > 0) {
		str_add(&text, ", ");
		format_elapsed(&text, left);
		str_add(&text, " left");
	}
	say(shown, now, "%s%s", text.ptr, transfer->ended ? " done" : "");
}

static void say_step_event(struct plain_step *shown, const struct event *event, struct step *step,
			   uint64_t now)
{
	struct log_target target = { .step = shown,
				     .seconds = (double)step_elapsed(step, now) / NS_PER_SECOND,
				     .now = now };
	struct transfer *transfer = NULL;

	switch (event->kind) {
	case EVENT_STEP_ADDED:
	case EVENT_STEP_PLATFORM:
	case EVENT_STEP_STARTED: break;
	case EVENT_STEP_CACHED:
	case EVENT_STEP_DONE:
	case EVENT_STEP_FAILED:
	case EVENT_STEP_CANCELLED:
		step_output_end(&step->output, say_log_line, &target);
		say_end(shown, step, now);
		break;
	case EVENT_STEP_DETAIL: say(shown, now, "%s", step->detail); break;
	case EVENT_TRANSFER:
	case EVENT_TRANSFER_DONE:
		transfer = step_transfer(step, event);
		if (!transfer->was_shown)
			say_transfer(shown, transfer, now);
		transfer->was_shown = transfer->ended > 0;
		break;
	case EVENT_LOG:
		step_output_add(&step->output, event->stream, event_span(event), say_log_line,
				&target);
		break;
	case EVENT_WARNING:
	case EVENT_INFO: break;
	}
}

/* Lines for the user stand between the steps. */
static void plain_event(struct renderer *renderer, const struct event *event, struct step *step,
			uint64_t now)
{
	struct plain *plain = plain_of(renderer);

	if (event->kind == EVENT_WARNING || event->kind == EVENT_INFO)
		renderer_add_message(renderer, event);
	else if (step && step->state != STEP_WAITING)
		say_step_event(find(plain, step->id), event, step, now);
	show(plain, now);
}

static void plain_tick(struct renderer *renderer, uint64_t now)
{
	show(plain_of(renderer), now);
}

static void plain_finish(struct renderer *renderer, const struct err *err, uint64_t now)
{
	(void)now;
	/* No more patience. */
	show(plain_of(renderer), UINT64_MAX);
	renderer_add_end(renderer, err);
}

static void plain_release(struct renderer *renderer)
{
	struct plain *plain = plain_of(renderer);

	VEC_FOREACH(step, plain) {
		str_release(&(*step)->pending);
		free(*step);
	}
	free(plain->items);
}

struct renderer *render_plain_new(void)
{
	static const struct renderer_kind kind = { .tick_ms = 500,
						   .lists_warnings = true,
						   .event = plain_event,
						   .tick = plain_tick,
						   .finish = plain_finish,
						   .release = plain_release };
	struct plain *plain = xcalloc(1, sizeof(*plain));

	plain->base.kind = &kind;
	str_init(&plain->base.out, 0);
	str_init(&plain->base.warnings, 0);
	return &plain->base;
}
