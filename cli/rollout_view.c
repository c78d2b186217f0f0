#include "rollout_view.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "format.h"
#include "interrupt.h"
#include "rollout_live.h"
#include "table.h"
#include "terminal.h"

#define TICK_NS   100000000
#define NS_PER_MS 1000000

struct rollout_view {
	enum rollout_view_mode mode;
	struct rollout_scene scene;
	const struct monitor *monitor;
	pthread_mutex_t lock;
	pthread_t ticker;
	bool has_ticker, is_finished;
	struct screen screen;
	struct str above; /* lines for above the table */
};

/* --- the live table --- */

/* Under the lock. One write(2) a view: nothing half-drawn is ever seen. */
static void draw(struct rollout_view *view)
{
	AUTO(screen_lines_release) struct screen_lines lines = { .items = NULL };
	AUTO(str_release) struct str out = STR_INIT;
	struct screen_size size = { .colour = terminal_has_colour(STDERR_FILENO) };

	terminal_size(STDERR_FILENO, &size.rows, &size.columns);
	view->scene.is_stopping = !view->is_finished && monitor_is_cancelled(view->monitor);
	rollout_live_compose(&view->scene, &size, monotonic_ns(), &lines);
	screen_draw(&view->screen, &size, &lines, view->above.ptr, &out);
	str_clear(&view->above);
	if (view->is_finished)
		str_add(&out, TERMINAL_SHOW_CURSOR);
	(void)!fd_write_all(STDERR_FILENO, out.ptr, out.len, "stderr", NULL);
}

static void *tick_until_finished(void *data)
{
	const struct timespec pause = { .tv_nsec = TICK_NS };
	struct rollout_view *view = data;
	bool is_finished = false;

	while (!is_finished) {
		(void)nanosleep(&pause, NULL);
		pthread_mutex_lock(&view->lock);
		is_finished = view->is_finished;
		if (!is_finished)
			draw(view);
		pthread_mutex_unlock(&view->lock);
	}
	return NULL;
}

/* Without the thread there is no live table, but all else works. */
static void start_ticker(struct rollout_view *view)
{
	sigset_t all, before;

	/* Signals are for the main thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	view->has_ticker = pthread_create(&view->ticker, NULL, tick_until_finished, view) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* --- one and the others --- */

struct rollout_view *rollout_view_new(enum rollout_view_mode mode,
				      const struct rollout_scene *scene,
				      const struct monitor *monitor)
{
	struct rollout_view *view = xcalloc(1, sizeof(*view));

	view->mode = mode;
	view->scene = *scene;
	view->scene.began = monotonic_ns();
	view->monitor = monitor;
	pthread_mutex_init(&view->lock, NULL);
	str_init(&view->above, 0);
	if (mode == ROLLOUT_VIEW_LIVE) {
		interrupt_set_farewell(TERMINAL_SHOW_CURSOR "\r\n");
		start_ticker(view);
	}
	return view;
}

static void stop_ticker(struct rollout_view *view)
{
	pthread_mutex_lock(&view->lock);
	view->is_finished = true;
	pthread_mutex_unlock(&view->lock);
	if (view->has_ticker)
		pthread_join(view->ticker, NULL);
	view->has_ticker = false;
	interrupt_set_farewell(NULL);
}

void rollout_view_freep(struct rollout_view **view_ptr)
{
	struct rollout_view *view = TAKE(*view_ptr);

	if (!view)
		return;
	stop_ticker(view);
	VEC_FOREACH(active, &view->scene.active)
		free(active->phase);
	VEC_FOREACH(troubled, &view->scene.troubled)
		free(troubled->reason);
	VEC_FOREACH(done, &view->scene.done)
		free(done->from);
	free(view->scene.done.items);
	free(view->scene.active.items);
	free(view->scene.troubled.items);
	screen_release(&view->screen);
	str_release(&view->above);
	pthread_mutex_destroy(&view->lock);
	free(view);
}

/* --- keeping the scene --- */

static struct active_board *find_active(struct rollout_scene *scene, size_t board)
{
	VEC_FOREACH(active, &scene->active) {
		if (active->board == board)
			return active;
	}
	return NULL;
}

static struct board_turn turn_of(const struct rollout_event *event)
{
	return (struct board_turn){ .wave = event->plan->wave,
				    .is_again = event->plan->is_retrying };
}

static void begin_board(struct rollout_scene *scene, const struct rollout_event *event)
{
	struct active_board *active = VEC_ADD(&scene->active);

	*active = (struct active_board){ .board = event->board,
					 .turn = turn_of(event),
					 .phase = xstrdup("connecting"),
					 .since = monotonic_ns() };
}

/* Without "on BOARD": its name stands beside it. */
static void set_phase(struct rollout_scene *scene, const struct rollout_event *event)
{
	static const char *const links[] = { "on", "to" };
	struct active_board *active = find_active(scene, event->board);

	if (!active)
		return;
	free(active->phase);
	active->phase = xstrdup(event->text);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		AUTO(freep)
		char *end = xasprintf(" %s %s", links[i], scene->boards->items[event->board].name);

		if (str_has_suffix(active->phase, end))
			active->phase[strlen(active->phase) - strlen(end)] = '\0';
	}
}

static void forget_trouble(struct rollout_scene *scene, size_t board)
{
	for (size_t i = 0; i < scene->troubled.len; i++) {
		struct troubled_board *item = &scene->troubled.items[i];

		if (item->board != board)
			continue;
		free(item->reason);
		for (size_t j = i + 1; j < scene->troubled.len; j++)
			scene->troubled.items[j - 1] = scene->troubled.items[j];
		scene->troubled.len--;
		return;
	}
}

static void keep_done(struct rollout_scene *scene, const struct rollout_event *event,
		      struct board_turn turn, uint64_t elapsed)
{
	if (scene->done.len == DONE_BOARDS_KEPT) {
		free(scene->done.items[0].from);
		for (size_t i = 1; i < scene->done.len; i++)
			scene->done.items[i - 1] = scene->done.items[i];
		scene->done.len--;
	}
	*VEC_ADD(&scene->done) = (struct done_board){ .board = event->board,
						      .turn = turn,
						      .from = xstrdup_or_null(event->report->from),
						      .elapsed = elapsed,
						      .is_unchanged = event->report->is_unchanged };
}

static uint64_t end_board(struct rollout_scene *scene, const struct rollout_event *event)
{
	struct active_board *active = find_active(scene, event->board);
	uint64_t elapsed = active ? monotonic_ns() - active->since : 0;
	struct board_turn turn = active ? active->turn : turn_of(event);

	if (active) {
		free(active->phase);
		for (struct active_board *next = active + 1;
		     next < scene->active.items + scene->active.len; next++)
			next[-1] = next[0];
		scene->active.len--;
	}
	/* Of boards that are tried again. */
	if (event->plan->is_retrying)
		forget_trouble(scene, event->board);
	scene->unchanged += event->report->is_unchanged && event->state == BOARD_DONE;
	if (event->state == BOARD_DONE)
		keep_done(scene, event, turn, elapsed);
	if (event->state == BOARD_FAILED || event->state == BOARD_OFFLINE)
		*VEC_ADD(&scene->troubled) =
			(struct troubled_board){ .board = event->board,
						 .turn = turn,
						 .state = event->state,
						 .reason = xstrdup(event->text ?: "") };
	return elapsed;
}

/* --- lines --- */

static void add_end(const struct rollout_scene *scene, const struct rollout_event *event,
		    uint64_t elapsed, struct str *out)
{
	switch (event->state) {
	case BOARD_DONE:
		if (event->report->is_unchanged) {
			str_addf(out, "runs %s already", scene->version);
			return;
		}
		str_addf(out, "%s -> %s, healthy, ", event->report->from ?: "nothing",
			 scene->version);
		format_elapsed(out, elapsed);
		return;
	case BOARD_FAILED: str_addf(out, "failed: %s", event->text ?: ""); return;
	case BOARD_OFFLINE: str_addf(out, "not reached: %s", event->text ?: ""); return;
	case BOARD_PENDING: str_add(out, "put back as it was"); return;
	case BOARD_ACTIVE:
	case BOARD_STATES: return;
	}
}

static void add_line(const struct rollout_scene *scene, const struct rollout_event *event,
		     uint64_t elapsed, struct str *out)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (event->kind == ROLLOUT_WAVE) {
		rollout_wave_name(event->plan, out);
		str_addc(out, '\n');
		return;
	}
	if (event->kind == ROLLOUT_NOTE)
		str_add(&text, event->text);
	else if (event->kind == ROLLOUT_END)
		add_end(scene, event, elapsed, &text);
	else
		return;
	str_addf(out, "%s: ", scene->boards->items[event->board].name);
	format_line(out, text.ptr);
	str_addc(out, '\n');
}

/* --- objects --- */

static void write_json(json_t *owned_object)
{
	AUTO(str_release) struct str text = STR_INIT;

	json_write(owned_object, &text);
	str_addc(&text, '\n');
	json_decref(owned_object);
	/* Nobody reads it any more: the rollout goes on. */
	(void)!fd_write_all(STDOUT_FILENO, text.ptr, text.len, "the output", NULL);
}

static json_t *new_object(const struct rollout_view *view, const char *name)
{
	uint64_t ms = (monotonic_ns() - view->scene.began) / NS_PER_MS;

	return json_pack("{s:s, s:I}", "event", name, "time_ms", (json_int_t)ms);
}

static void set_end(const struct rollout_scene *scene, const struct rollout_event *event,
		    uint64_t elapsed, json_t *object)
{
	json_set_string(object, "state", board_state_name(event->state));
	json_object_set_new(object, "ms", json_integer((json_int_t)(elapsed / NS_PER_MS)));
	json_object_set_new(object, "from",
			    event->report->from ? json_string(event->report->from) : json_null());
	json_set_string(object, "to", scene->version);
	json_object_set_new(object, "unchanged", json_boolean(event->report->is_unchanged));
	if (event->text)
		json_set_string(object, "reason", event->text);
	if (event->text && event->hint)
		json_set_string(object, "hint", event->hint);
}

static void tell_json(struct rollout_view *view, const struct rollout_event *event,
		      uint64_t elapsed)
{
	static const char *const names[] = { [ROLLOUT_WAVE] = "wave",
					     [ROLLOUT_START] = "board",
					     [ROLLOUT_NOTE] = "note",
					     [ROLLOUT_PHASE] = "phase",
					     [ROLLOUT_END] = "board" };
	json_t *object = new_object(view, names[event->kind]);

	json_object_set_new(object, "wave", json_integer(event->plan->wave));
	if (event->kind == ROLLOUT_WAVE)
		json_object_set_new(object, "retrying", json_boolean(event->plan->is_retrying));
	else
		json_set_string(object, "board", view->scene.boards->items[event->board].name);
	if (event->kind == ROLLOUT_START)
		json_set_string(object, "state", board_state_name(BOARD_ACTIVE));
	if (event->kind == ROLLOUT_NOTE || event->kind == ROLLOUT_PHASE)
		json_set_string(object, "text", event->text);
	if (event->kind == ROLLOUT_END)
		set_end(&view->scene, event, elapsed, object);
	write_json(object);
}

/* --- telling --- */

static void show(struct rollout_view *view, const struct rollout_event *event, uint64_t elapsed)
{
	AUTO(str_release) struct str line = STR_INIT;

	switch (view->mode) {
	case ROLLOUT_VIEW_JSON: tell_json(view, event, elapsed); return;
	case ROLLOUT_VIEW_QUIET: return;
	case ROLLOUT_VIEW_LIVE:
		if (event->kind == ROLLOUT_NOTE)
			add_line(&view->scene, event, elapsed, &view->above);
		return;
	case ROLLOUT_VIEW_PLAIN:
		add_line(&view->scene, event, elapsed, &line);
		(void)!fd_write_all(STDERR_FILENO, line.ptr, line.len, "stderr", NULL);
		return;
	}
}

void rollout_view_tell(void *data, const struct rollout_event *event)
{
	struct rollout_view *view = data;
	uint64_t elapsed = 0;

	pthread_mutex_lock(&view->lock);
	view->scene.plan = *event->plan;
	view->scene.plan.states = NULL;
	switch (event->kind) {
	case ROLLOUT_START: begin_board(&view->scene, event); break;
	case ROLLOUT_PHASE: set_phase(&view->scene, event); break;
	case ROLLOUT_END: elapsed = end_board(&view->scene, event); break;
	case ROLLOUT_WAVE:
	case ROLLOUT_NOTE: break;
	}
	show(view, event, elapsed);
	pthread_mutex_unlock(&view->lock);
}

/* --- the end --- */

static void add_troubled(const struct rollout_scene *scene, enum board_state state,
			 const char *title, struct table *table)
{
	VEC_FOREACH(troubled, &scene->troubled) {
		if (troubled->state != state)
			continue;
		table_add(table, scene->boards->items[troubled->board].name);
		table_add(table, title);
		table_add(table, troubled->reason);
	}
}

static void add_summary(const struct rollout_scene *scene, struct str *out)
{
	const size_t *counts = scene->plan.counts;
	AUTO(table_release) struct table table;

	str_addf(out, "%s %s: %zu of %zu board%s run%s it", scene->fleet, scene->version,
		 counts[BOARD_DONE], scene->plan.len, scene->plan.len == 1 ? "" : "s",
		 counts[BOARD_DONE] == 1 ? "s" : "");
	if (counts[BOARD_FAILED] > 0)
		str_addf(out, ", %zu failed", counts[BOARD_FAILED]);
	if (counts[BOARD_OFFLINE] > 0)
		str_addf(out, ", %zu could not be reached", counts[BOARD_OFFLINE]);
	if (counts[BOARD_PENDING] > 0)
		str_addf(out, ", %zu not begun", counts[BOARD_PENDING]);
	str_addc(out, '\n');
	table_init(&table, 3);
	add_troubled(scene, BOARD_FAILED, "failed", &table);
	add_troubled(scene, BOARD_OFFLINE, "not reached", &table);
	table_format(&table, out);
}

static const char *outcome(int status, const struct err *err)
{
	if (status == 0)
		return "done";
	return err->kind == ERR_CANCELLED ? "interrupted" : "failed";
}

static void tell_summary(struct rollout_view *view, int status, const struct err *err)
{
	const size_t *counts = view->scene.plan.counts;
	json_t *object = new_object(view, "summary");

	json_set_string(object, "status", outcome(status, err));
	json_set_string(object, "release", view->scene.version);
	json_set_string(object, "digest", view->scene.digest);
	json_object_set_new(object, "boards", json_integer((json_int_t)view->scene.plan.len));
	json_object_set_new(object, "unchanged", json_integer((json_int_t)view->scene.unchanged));
	for (int state = 0; state < BOARD_STATES; state++) {
		if (state != BOARD_ACTIVE)
			json_object_set_new(object, board_state_name((enum board_state)state),
					    json_integer((json_int_t)counts[state]));
	}
	if (status < 0)
		json_set_string(object, "reason", err->message);
	write_json(object);
}

void rollout_view_finish(struct rollout_view *view, int status, const struct err *err,
			 struct str *out)
{
	stop_ticker(view);
	if (view->mode == ROLLOUT_VIEW_LIVE)
		draw(view);
	if (view->mode == ROLLOUT_VIEW_JSON)
		tell_summary(view, status, err);
	else if (view->mode != ROLLOUT_VIEW_QUIET)
		add_summary(&view->scene, out);
}
