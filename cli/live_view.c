#include "live_view.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "format.h"
#include "report.h"
#include "terminal.h"

/* Of a failed step's output. */
#define TAIL_MAX 8000

/* In turn, as docker compose has them. */
static const char *const colours[] = { "\033[36m", "\033[33m", "\033[32m", "\033[35m", "\033[34m" };

struct live_view {
	struct strvec services;
	bool json, colour;
	size_t width; /* of the longest name */
	pthread_mutex_t lock;
	struct str tail;
};

struct live_view *live_view_new(bool json)
{
	struct live_view *view = xcalloc(1, sizeof(*view));

	view->json = json;
	view->colour = terminal_has_colour(STDOUT_FILENO);
	pthread_mutex_init(&view->lock, NULL);
	str_init(&view->tail, 0);
	return view;
}

void live_view_free(struct live_view *view)
{
	if (!view)
		return;
	pthread_mutex_destroy(&view->lock);
	strvec_release(&view->services);
	str_release(&view->tail);
	free(view);
}

void live_view_set_services(struct live_view *view, const struct strvec *services)
{
	strvec_clear(&view->services);
	strvec_add_all(&view->services, services);
	view->width = 0;
	VEC_FOREACH(name, services) {
		if (strlen(*name) > view->width)
			view->width = strlen(*name);
	}
}

/* Nobody reads it any more: the syncing goes on. */
static void write_text(struct live_view *view, const struct str *text)
{
	pthread_mutex_lock(&view->lock);
	(void)!fd_write_all(STDOUT_FILENO, text->ptr, text->len, "the output", NULL);
	pthread_mutex_unlock(&view->lock);
}

static const char *colour_of(const struct live_view *view, const char *service)
{
	for (size_t i = 0; i < view->services.len; i++) {
		if (str_eq(view->services.items[i], service))
			return colours[i % ARRAY_SIZE(colours)];
	}
	return TERMINAL_FAINT;
}

static void write_json(struct live_view *view, json_t *owned_event)
{
	AUTO(str_release) struct str text = STR_INIT;

	json_write(owned_event, &text);
	str_addc(&text, '\n');
	json_decref(owned_event);
	write_text(view, &text);
}

static json_t *event_of(const char *kind, const char *service)
{
	json_t *event = json_pack("{s:s}", "event", kind);

	if (service)
		json_set_string(event, "service", service);
	return event;
}

static void write_line(struct live_view *view, const char *service, const char *mark,
		       struct span line)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(freep) char *plain = span_dup(line);

	if (view->colour)
		str_add(&text, colour_of(view, service));
	str_addf(&text, "%-*s %s ", (int)view->width, service ? service : "", mark);
	if (view->colour)
		str_add(&text, TERMINAL_RESET);
	report_add_clean(&text, plain);
	str_addc(&text, '\n');
	write_text(view, &text);
}

void live_view_log(struct live_view *view, const char *service, int stream, struct span line)
{
	AUTO(freep) char *text = NULL;
	json_t *event = NULL;

	if (!view->json) {
		write_line(view, service, "|", line);
		return;
	}
	text = span_dup(line);
	event = event_of("log", service);
	json_object_set_new(event, "stream", json_integer(stream));
	json_set_string(event, "text", text);
	write_json(view, event);
}

static void note(struct live_view *view, const char *service, const char *text)
{
	json_t *event = NULL;

	if (!view->json) {
		write_line(view, service, ">", span_of(text));
		return;
	}
	event = event_of("note", service);
	json_set_string(event, "text", text);
	write_json(view, event);
}

void live_view_note(struct live_view *view, const char *service, const char *fmt, ...)
{
	AUTO(str_release) struct str text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	note(view, service, text.ptr);
}

void live_view_synced(struct live_view *view, const char *service, const struct sync_report *report,
		      uint64_t elapsed_ms)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_t *event = NULL;

	if (view->json) {
		event = event_of("sync", service);
		json_object_set_new(event, "files", json_integer(report->files));
		json_object_set_new(event, "bytes", json_integer((json_int_t)report->bytes));
		json_object_set_new(event, "ms", json_integer((json_int_t)elapsed_ms));
		json_object_set_new(event, "restarted", json_boolean(report->restarted));
		json_object_set_new(event, "built", json_boolean(report->is_of_image));
		write_json(view, event);
		return;
	}
	str_addf(&text, "%u file%s, ", report->files, report->files == 1 ? "" : "s");
	format_size(&text, report->bytes);
	str_addf(&text, ", %llu ms%s", (unsigned long long)elapsed_ms,
		 report->restarted ? ", restarted" : "");
	note(view, service, text.ptr);
}

void live_view_image(struct live_view *view, const char *service, const struct digest *digest)
{
	json_t *event = NULL;

	if (!view->json)
		return;
	event = event_of("image", service);
	json_set_string(event, "digest", digest->text);
	write_json(view, event);
}

static void forget_tail(struct live_view *view)
{
	pthread_mutex_lock(&view->lock);
	str_clear(&view->tail);
	pthread_mutex_unlock(&view->lock);
}

void live_view_error(struct live_view *view, const char *service, const struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_t *event = NULL;

	if (err->kind != ERR_CHILD) /* what steps printed has nothing to do with it */
		forget_tail(view);
	if (view->json) {
		event = event_of("error", service);
		json_set_string(event, "kind", err_kind_name(err->kind));
		json_set_string(event, "text", err->message ? err->message : "");
		if (err->hint)
			json_set_string(event, "hint", err->hint);
		json_set_string(event, "output", view->tail.ptr);
		write_json(view, event);
	} else {
		report_add_clean(&text, view->tail.ptr);
		if (text.len > 0 && text.ptr[text.len - 1] != '\n')
			str_addc(&text, '\n');
		report_format_excerpt(err, &text);
		report_format(err, view->colour, &text);
		write_text(view, &text);
	}
	forget_tail(view);
}

/* --- the monitor --- */

static void keep_tail(struct live_view *view, const struct event *event)
{
	size_t len = event->text_len ? event->text_len : strlen(event->text);

	pthread_mutex_lock(&view->lock);
	str_addn(&view->tail, event->text, len);
	if (view->tail.len > (size_t)2 * TAIL_MAX) {
		AUTO(freep) char *kept = xstrdup(view->tail.ptr + view->tail.len - TAIL_MAX);

		str_clear(&view->tail);
		str_add(&view->tail, kept);
	}
	pthread_mutex_unlock(&view->lock);
}

static void take_event(void *data, const struct event *event)
{
	struct live_view *view = data;

	if (event->kind == EVENT_LOG)
		keep_tail(view, event);
	else if (event->kind == EVENT_WARNING && !event->span)
		note(view, NULL, event->text);
}

struct monitor live_view_monitor(struct live_view *view, int cancel_fd)
{
	return (struct monitor){ .sink = take_event, .sink_data = view, .cancel_fd = cancel_fd };
}
