#include "render.h"

#include "report.h"
#include "terminal.h"

/* "Dockerfile:7: JSONArgsRecommended: ..." */
static void list_warning(struct renderer *renderer, const struct event *event)
{
	AUTO(freep) char *text = span_dup(event_span(event));

	renderer->warning_count++;
	str_add(&renderer->warnings, " - ");
	str_add(&renderer->warnings, event->span->file);
	if (event->span->line)
		str_addf(&renderer->warnings, ":%u", event->span->line);
	if (event->item)
		str_addf(&renderer->warnings, ": %s", event->item);
	str_add(&renderer->warnings, ": ");
	report_add_clean(&renderer->warnings, text);
	str_addc(&renderer->warnings, '\n');
}

void renderer_event(struct renderer *renderer, const struct event *event, uint64_t now)
{
	struct step *step = steps_apply(&renderer->steps, event, now);

	if (event->kind == EVENT_WARNING && event->span && event->span->file &&
	    renderer->kind->lists_warnings)
		list_warning(renderer, event);
	else if (renderer->kind->event)
		renderer->kind->event(renderer, event, step, now);
}

void renderer_tick(struct renderer *renderer, uint64_t now)
{
	if (renderer->kind->tick)
		renderer->kind->tick(renderer, now);
}

void renderer_finish(struct renderer *renderer, const struct err *err, uint64_t now)
{
	if (renderer->kind->finish)
		renderer->kind->finish(renderer, err, now);
}

void renderer_freep(struct renderer **renderer)
{
	if (!*renderer)
		return;
	if ((*renderer)->kind->release)
		(*renderer)->kind->release(*renderer);
	steps_release(&(*renderer)->steps);
	str_release(&(*renderer)->warnings);
	str_release(&(*renderer)->out);
	free(*renderer);
	*renderer = NULL;
}

static void add_warnings(struct renderer *renderer)
{
	if (renderer->warning_count == 0)
		return;
	str_addf(&renderer->out, "%s%u warning%s found%s (--check shows where):\n",
		 renderer->colour ? TERMINAL_YELLOW : "", renderer->warning_count,
		 renderer->warning_count == 1 ? "" : "s", renderer->colour ? TERMINAL_RESET : "");
	str_addn(&renderer->out, renderer->warnings.ptr, renderer->warnings.len);
}

void renderer_add_end(struct renderer *renderer, const struct err *err)
{
	bool has_failed = err && err->kind != ERR_CANCELLED;

	if (has_failed)
		steps_format_failure(&renderer->steps, &renderer->out);
	add_warnings(renderer);
	if (has_failed)
		report_format_excerpt(err, &renderer->out);
}

void renderer_add_message(struct renderer *renderer, const struct event *event)
{
	AUTO(freep) char *text = span_dup(event_span(event));

	if (event->kind == EVENT_WARNING)
		report_format_warning(text, event->span, renderer->colour, &renderer->out);
	else
		str_addf(&renderer->out, "%s\n", text);
}

/* --- the quiet kind: remembers, and speaks only of what went wrong --- */

static void quiet_event(struct renderer *renderer, const struct event *event, struct step *step,
			uint64_t now)
{
	(void)renderer;
	(void)now;
	if (event->kind == EVENT_LOG && step)
		step_output_add(&step->output, event->stream, event_span(event), NULL, NULL);
}

static void quiet_finish(struct renderer *renderer, const struct err *err, uint64_t now)
{
	(void)now;
	renderer_add_end(renderer, err);
}

static void messages_event(struct renderer *renderer, const struct event *event, struct step *step,
			   uint64_t now)
{
	if (event->kind == EVENT_WARNING || event->kind == EVENT_INFO)
		renderer_add_message(renderer, event);
	else
		quiet_event(renderer, event, step, now);
}

static struct renderer *new_renderer(const struct renderer_kind *kind)
{
	struct renderer *renderer = xcalloc(1, sizeof(*renderer));

	renderer->kind = kind;
	str_init(&renderer->out, 0);
	str_init(&renderer->warnings, 0);
	return renderer;
}

struct renderer *render_quiet_new(void)
{
	static const struct renderer_kind kind = { .event = quiet_event, .finish = quiet_finish };

	return new_renderer(&kind);
}

struct renderer *render_messages_new(void)
{
	static const struct renderer_kind kind = { .event = messages_event,
						   .finish = quiet_finish };

	return new_renderer(&kind);
}
