#include "step.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "report.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define RATE_MIN_NS   (NS_PER_SECOND / 2) /* before that a rate is noise */
#define DIGEST_SHORT  19                  /* "sha256:" and 12 digits */

static void step_free(struct step *step)
{
	VEC_FOREACH(transfer, &step->transfers) {
		free(transfer->item);
		free(transfer->verb);
	}
	free(step->transfers.items);
	step_output_release(&step->output);
	free(step->name);
	free(step->platform);
	free(step->detail);
	free(step->failure);
	free(step);
}

void steps_release(struct steps *steps)
{
	VEC_FOREACH(step, steps)
		step_free(*step);
	free(steps->items);
	*steps = (struct steps){ .items = NULL };
}

struct step *steps_find(const struct steps *steps, unsigned id)
{
	/* The newest ones are asked for most. */
	for (size_t i = steps->len; i > 0; i--) {
		if (steps->items[i - 1]->id == id)
			return steps->items[i - 1];
	}
	return NULL;
}

static struct step *find_or_add(struct steps *steps, unsigned id)
{
	struct step *step = steps_find(steps, id);

	if (step)
		return step;
	step = xcalloc(1, sizeof(*step));
	step->id = id;
	step->name = xstrdup("");
	*VEC_ADD(steps) = step;
	return step;
}

struct span event_span(const struct event *event)
{
	if (!event->text)
		return (struct span){ .ptr = "", .len = 0 };
	return (struct span){ .ptr = event->text,
			      .len = event->text_len ? event->text_len : strlen(event->text) };
}

/* It may quote what a registry said. */
static void replace_text(char **field, const struct event *event)
{
	AUTO(freep) char *text = span_dup(event_span(event));
	AUTO(str_release) struct str clean = STR_INIT;

	report_add_clean(&clean, text);
	free(*field);
	*field = str_detach(&clean);
}

struct transfer *step_transfer(struct step *step, const struct event *event)
{
	struct transfer *added = NULL;

	VEC_FOREACH(transfer, &step->transfers) {
		if (str_eq(transfer->item, event->item) &&
		    (!event->verb || str_eq(transfer->verb, event->verb)))
			return transfer;
	}
	added = VEC_ADD(&step->transfers);
	added->item = xstrdup_or_null(event->item);
	added->verb = xstrdup_or_null(event->verb);
	added->first_done = event->done;
	return added;
}

static void apply_transfer(struct step *step, const struct event *event, uint64_t now)
{
	struct transfer *transfer = step_transfer(step, event);

	if (!transfer->started)
		transfer->started = now;
	if (event->kind == EVENT_TRANSFER) {
		transfer->done = event->done;
		transfer->total = event->total;
	}
	if (!transfer->ended && (event->kind == EVENT_TRANSFER_DONE ||
				 (event->total > 0 && event->done >= event->total)))
		transfer->ended = now;
}

static void end_step(struct step *step, enum step_state state, uint64_t now)
{
	step->state = state;
	step->ended = now;
	if (!step->started)
		step->started = now;
}

static void apply_to_step(struct step *step, const struct event *event, uint64_t now)
{
	switch (event->kind) {
	case EVENT_STEP_ADDED: replace_text(&step->name, event); break;
	case EVENT_STEP_PLATFORM:
		free(step->platform);
		step->platform = xstrdup_or_null(event->item);
		step->is_emulated = event->verb != NULL;
		break;
	case EVENT_STEP_STARTED:
		step->state = STEP_RUNNING;
		step->started = now;
		break;
	case EVENT_STEP_CACHED: end_step(step, STEP_CACHED, now); break;
	case EVENT_STEP_DONE:
		/* What was cached stays so, even if whoever looked it up is done with it. */
		end_step(step, step->state == STEP_CACHED ? STEP_CACHED : STEP_DONE, now);
		break;
	case EVENT_STEP_FAILED:
		end_step(step, STEP_FAILED, now);
		replace_text(&step->failure, event);
		break;
	case EVENT_STEP_CANCELLED: end_step(step, STEP_CANCELLED, now); break;
	case EVENT_STEP_DETAIL: replace_text(&step->detail, event); break;
	case EVENT_TRANSFER:
	case EVENT_TRANSFER_DONE: apply_transfer(step, event, now); break;
	case EVENT_LOG:
	case EVENT_WARNING:
	case EVENT_INFO: break;
	}
}

/* Out of those that wait. */
static void move_started(struct steps *steps, struct step *step)
{
	size_t i = steps->started;

	while (steps->items[i] != step)
		i++;
	for (; i > steps->started; i--)
		steps->items[i] = steps->items[i - 1];
	steps->items[steps->started++] = step;
}

struct step *steps_apply(struct steps *steps, const struct event *event, uint64_t now)
{
	struct step *step = NULL;
	bool was_waiting = false;

	if (!event->step)
		return NULL;
	step = find_or_add(steps, event->step);
	was_waiting = step->state == STEP_WAITING;
	apply_to_step(step, event, now);
	if (was_waiting && step->state != STEP_WAITING)
		move_started(steps, step);
	return step;
}

bool step_is_over(const struct step *step)
{
	return step->state != STEP_WAITING && step->state != STEP_RUNNING;
}

unsigned steps_count_over(const struct steps *steps)
{
	unsigned count = 0;

	VEC_FOREACH(step, steps)
		count += step_is_over(*step);
	return count;
}

uint64_t step_elapsed(const struct step *step, uint64_t now)
{
	if (!step->started)
		return 0;
	return (step->ended ? step->ended : now) - step->started;
}

uint64_t transfer_rate(const struct transfer *transfer, uint64_t now)
{
	uint64_t elapsed = (transfer->ended ? transfer->ended : now) - transfer->started;

	if (elapsed < RATE_MIN_NS || transfer->done < transfer->first_done)
		return 0;
	return (uint64_t)((double)(transfer->done - transfer->first_done) /
			  ((double)elapsed / (double)NS_PER_SECOND));
}

uint64_t transfer_left(const struct transfer *transfer, uint64_t now)
{
	uint64_t rate = transfer_rate(transfer, now);

	if (transfer->ended || rate == 0 || transfer->total <= transfer->done)
		return 0;
	return (uint64_t)((double)(transfer->total - transfer->done) / (double)rate *
			  (double)NS_PER_SECOND);
}

void transfer_format_item(const struct transfer *transfer, struct str *out)
{
	const char *item = transfer->item ? transfer->item : "";
	size_t len = strlen(item);

	str_addn(out, item,
		 str_has_prefix(item, "sha256:") && len > DIGEST_SHORT ? DIGEST_SHORT : len);
}

void steps_format_failure(const struct steps *steps, struct str *out)
{
	const char *lines[STEP_OUTPUT_LINES];

	VEC_FOREACH(step, steps) {
		size_t count = step_output_last(&(*step)->output, STEP_OUTPUT_LINES, lines);

		if ((*step)->state != STEP_FAILED)
			continue;
		if (count == 0)
			return;
		str_addf(out, "------\n > %s:\n", (*step)->name);
		for (size_t i = 0; i < count; i++)
			str_addf(out, "%s\n", lines[i]);
		str_add(out, "------\n");
		return;
	}
}
