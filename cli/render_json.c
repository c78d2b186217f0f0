#include "render.h"

#include "base/json.h"

#define NS_PER_MS 1000000

/* One object a line; docs: edgectl-build(1), "PROGRESS AS JSON". */

static const char *event_name(enum event_kind kind)
{
	switch (kind) {
	case EVENT_STEP_ADDED: return "step-added";
	case EVENT_STEP_PLATFORM: return "step-platform";
	case EVENT_STEP_STARTED: return "step-started";
	case EVENT_STEP_CACHED: return "step-cached";
	case EVENT_STEP_DONE: return "step-done";
	case EVENT_STEP_FAILED: return "step-failed";
	case EVENT_STEP_CANCELLED: return "step-cancelled";
	case EVENT_STEP_DETAIL: return "step-detail";
	case EVENT_TRANSFER: return "transfer";
	case EVENT_TRANSFER_DONE: return "transfer-done";
	case EVENT_LOG: return "log";
	case EVENT_WARNING: return "warning";
	case EVENT_INFO: return "info";
	}
	return "unknown";
}

static json_t *new_object(struct renderer *renderer, const char *name, uint64_t now)
{
	json_t *object = json_object();

	json_object_set_new(object, "event", json_string(name));
	json_object_set_new(object, "time_ms",
			    json_integer((json_int_t)((now - renderer->started) / NS_PER_MS)));
	return object;
}

static void add_line(struct renderer *renderer, json_t *owned_object)
{
	json_write(owned_object, &renderer->out);
	str_addc(&renderer->out, '\n');
	json_decref(owned_object);
}

static void add_place(json_t *object, const struct source_span *span)
{
	if (!span || !span->file)
		return;
	json_set_string(object, "file", span->file);
	json_object_set_new(object, "line", json_integer(span->line));
	json_object_set_new(object, "column", json_integer(span->column));
	json_object_set_new(object, "length", json_integer(span->length));
}

static void json_event(struct renderer *renderer, const struct event *event, struct step *step,
		       uint64_t now)
{
	json_t *object = new_object(renderer, event_name(event->kind), now);

	(void)step;
	json_object_set_new(object, "step", json_integer(event->step));
	if (event->text) {
		AUTO(freep) char *text = span_dup(event_span(event));

		json_set_string(object, "text", text);
	}
	if (event->kind == EVENT_LOG)
		json_object_set_new(object, "stream", json_integer(event->stream));
	if (event->item)
		json_set_string(object, "item", event->item);
	if (event->verb)
		json_set_string(object, "verb", event->verb);
	if (event->kind == EVENT_TRANSFER) {
		json_object_set_new(object, "done", json_integer((json_int_t)event->done));
		json_object_set_new(object, "total", json_integer((json_int_t)event->total));
	}
	add_place(object, event->span);
	add_line(renderer, object);
}

static void json_finish(struct renderer *renderer, const struct err *err, uint64_t now)
{
	json_t *object = NULL;

	if (!err)
		return;
	object = new_object(renderer, "error", now);
	json_set_string(object, "kind", err_kind_name(err->kind));
	json_set_string(object, "text", err->message);
	if (err->hint)
		json_set_string(object, "hint", err->hint);
	if (err->kind == ERR_CHILD)
		json_object_set_new(object, "status", json_integer(err->child_status));
	add_place(object, &err->span);
	add_line(renderer, object);
}

struct renderer *render_json_new(void)
{
	static const struct renderer_kind kind = { .shows_errors = true,
						   .event = json_event,
						   .finish = json_finish };
	struct renderer *renderer = xcalloc(1, sizeof(*renderer));

	renderer->kind = &kind;
	str_init(&renderer->out, 0);
	str_init(&renderer->warnings, 0);
	return renderer;
}
