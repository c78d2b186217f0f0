#include "progress.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fd.h"
#include "interrupt.h"
#include "render.h"
#include "terminal.h"
#include "trace.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS     UINT64_C(1000000)

const char *const progress_modes[] = { "auto", "tty", "plain", "json", "quiet", NULL };

struct progress {
	struct renderer *renderer;
	pthread_mutex_t lock;
	pthread_cond_t stopping;
	pthread_t ticker;
	bool has_ticker, is_finished;
	enum progress_mode mode;
	struct str summary;
	int cancel_fd;
};

/* Under the lock. One write(2) a view: nothing half-drawn is ever seen. */
static void flush(struct progress *progress)
{
	struct str *out = &progress->renderer->out;

	if (out->len > 0) /* nobody to tell when stderr is gone */
		(void)!fd_write_all(STDERR_FILENO, out->ptr, out->len, "stderr", NULL);
	str_clear(out);
}

static void sink(void *sink_data, const struct event *event)
{
	struct progress *progress = sink_data;

	pthread_mutex_lock(&progress->lock);
	if (!progress->is_finished) {
		renderer_event(progress->renderer, event, monotonic_ns());
		flush(progress);
	}
	pthread_mutex_unlock(&progress->lock);
}

static struct timespec deadline(unsigned ms)
{
	uint64_t when = monotonic_ns() + ms * NS_PER_MS;

	return (struct timespec){ .tv_sec = (time_t)(when / NS_PER_SECOND),
				  .tv_nsec = (long)(when % NS_PER_SECOND) };
}

static void tick(struct progress *progress)
{
	struct renderer *renderer = progress->renderer;

	terminal_size(STDERR_FILENO, &renderer->rows, &renderer->columns);
	renderer->is_stopping =
		monitor_is_cancelled(&(struct monitor){ .cancel_fd = progress->cancel_fd });
	renderer_tick(renderer, monotonic_ns());
	flush(progress);
}

static void *tick_until_finished(void *data)
{
	struct progress *progress = data;

	pthread_mutex_lock(&progress->lock);
	while (!progress->is_finished) {
		struct timespec until = deadline(progress->renderer->kind->tick_ms);

		if (pthread_cond_timedwait(&progress->stopping, &progress->lock, &until) ==
		    ETIMEDOUT)
			tick(progress);
	}
	pthread_mutex_unlock(&progress->lock);
	return NULL;
}

/* Without the thread there is no live view, but all else works: failing to start it is no error. */
static void start_ticker(struct progress *progress)
{
	sigset_t all, before;

	if (!progress->renderer->kind->tick_ms)
		return;
	/* Signals are for the main thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	progress->has_ticker =
		pthread_create(&progress->ticker, NULL, tick_until_finished, progress) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static struct renderer *new_renderer(enum progress_mode mode)
{
	switch (mode) {
	case PROGRESS_TTY: return render_tty_new();
	case PROGRESS_JSON: return render_json_new();
	case PROGRESS_QUIET: return render_quiet_new();
	case PROGRESS_MESSAGES: return render_messages_new();
	case PROGRESS_AUTO:
	case PROGRESS_PLAIN: break;
	}
	return render_plain_new();
}

struct progress *progress_new(enum progress_mode mode, const char *title)
{
	struct progress *progress = xcalloc(1, sizeof(*progress));
	pthread_condattr_t attributes;

	/* Debug lines go to the terminal as well, and no view survives them. */
	if (mode == PROGRESS_AUTO && terminal_is_usable(STDERR_FILENO) && !getenv("EDGECTL_DEBUG"))
		mode = PROGRESS_TTY;
	progress->mode = mode;
	progress->cancel_fd = -1;
	str_init(&progress->summary, 0);
	progress->renderer = new_renderer(mode);
	progress->renderer->title = title;
	progress->renderer->started = monotonic_ns();
	progress->renderer->colour = terminal_has_colour(STDERR_FILENO);
	terminal_size(STDERR_FILENO, &progress->renderer->rows, &progress->renderer->columns);
	pthread_mutex_init(&progress->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&progress->stopping, &attributes);
	pthread_condattr_destroy(&attributes);
	if (mode == PROGRESS_TTY)
		interrupt_set_farewell(TERMINAL_SHOW_CURSOR "\r\n");
	start_ticker(progress);
	return progress;
}

struct monitor progress_monitor(struct progress *progress, int cancel_fd)
{
	pthread_mutex_lock(&progress->lock);
	progress->cancel_fd = cancel_fd;
	pthread_mutex_unlock(&progress->lock);
	return (struct monitor){ .sink = sink, .sink_data = progress, .cancel_fd = cancel_fd };
}

bool progress_shows_errors(const struct progress *progress)
{
	return progress->renderer->kind->shows_errors;
}

void progress_finish(struct progress *progress, const struct err *err)
{
	bool was_finished = false;

	pthread_mutex_lock(&progress->lock);
	was_finished = progress->is_finished;
	progress->is_finished = true;
	if (!was_finished) {
		renderer_finish(progress->renderer, err, monotonic_ns());
		str_addn(&progress->renderer->out, progress->summary.ptr, progress->summary.len);
		flush(progress);
	}
	pthread_cond_signal(&progress->stopping);
	pthread_mutex_unlock(&progress->lock);
	if (progress->has_ticker)
		pthread_join(progress->ticker, NULL);
	progress->has_ticker = false;
	interrupt_set_farewell(NULL);
}

void progress_add_trace(struct progress *progress, struct str *out)
{
	const struct renderer *renderer = progress->renderer;

	pthread_mutex_lock(&progress->lock);
	trace_format(&renderer->steps, renderer->started, monotonic_ns(), out);
	pthread_mutex_unlock(&progress->lock);
}

void progress_freep(struct progress **progress)
{
	if (!*progress)
		return;
	progress_finish(*progress, NULL);
	pthread_cond_destroy(&(*progress)->stopping);
	pthread_mutex_destroy(&(*progress)->lock);
	renderer_freep(&(*progress)->renderer);
	str_release(&(*progress)->summary);
	free(*progress);
	*progress = NULL;
}

void progress_summary(struct progress *progress, const char *fmt, ...)
{
	AUTO(str_release) struct str line = STR_INIT;
	struct monitor monitor = { .sink = sink, .sink_data = progress, .cancel_fd = -1 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&line, fmt, ap);
	va_end(ap);
	if (progress->mode == PROGRESS_JSON)
		monitor_text(&monitor, 0, EVENT_INFO, "%s", line.ptr);
	else if (progress->mode != PROGRESS_QUIET)
		str_addf(&progress->summary, "%s\n", line.ptr);
}

unsigned progress_begin(const struct monitor *monitor, const char *fmt, ...)
{
	AUTO(str_release) struct str name = STR_INIT;
	unsigned step = 0;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&name, fmt, ap);
	va_end(ap);
	step = monitor_add_step(monitor, "%s", name.ptr);
	monitor_step(monitor, step, EVENT_STEP_STARTED);
	return step;
}

void progress_end(const struct monitor *monitor, unsigned step, int status, const struct err *err)
{
	if (status >= 0)
		monitor_step(monitor, step, EVENT_STEP_DONE);
	else if (err->kind == ERR_CANCELLED)
		monitor_step(monitor, step, EVENT_STEP_CANCELLED);
	else
		monitor_text(monitor, step, EVENT_STEP_FAILED, "%s", err->message);
}
