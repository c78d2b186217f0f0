#include "render.h"

#include "report.h"

void renderer_event(struct renderer *renderer, const struct event *event, uint64_t now)
{
	struct step *step = steps_apply(&renderer->steps, event, now);

	if (renderer->kind->event)
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
	str_release(&(*renderer)->out);
	free(*renderer);
	*renderer = NULL;
}

void renderer_add_failure(struct renderer *renderer, const struct err *err)
{
	if (!err || err->kind == ERR_CANCELLED)
		return;
	steps_format_failure(&renderer->steps, &renderer->out);
	report_format_excerpt(err, &renderer->out);
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
	renderer_add_failure(renderer, err);
}

struct renderer *render_quiet_new(void)
{
	static const struct renderer_kind kind = { .event = quiet_event, .finish = quiet_finish };
	struct renderer *renderer = xcalloc(1, sizeof(*renderer));

	renderer->kind = &kind;
	str_init(&renderer->out, 0);
	return renderer;
}
