#include "rollout_live.h"

#include "format.h"
#include "report.h"
#include "terminal.h"

#define MIN_COLUMNS  20
#define NAME_COLUMNS 24
#define TURN_COLUMNS 7
#define HEAD_ROWS    2
#define TROUBLED_MAX 5 /* rows for boards that failed, while others are in work */

void rollout_wave_name(const struct plan *plan, struct str *out)
{
	size_t waves = 0;

	if (plan->is_retrying) {
		str_add(out, "boards that could not be reached");
		return;
	}
	if (plan->wave == 0) {
		str_add(out, "canaries");
		return;
	}
	waves = plan->wave +
		(plan->counts[BOARD_PENDING] -
		 (plan->counts[BOARD_PENDING] < plan->left ? plan->counts[BOARD_PENDING]
							   : plan->left) +
		 plan->wave_size - 1) /
			plan->wave_size;
	str_addf(out, "wave %u of %zu", plan->wave, waves);
}

static void add_title(const struct rollout_scene *scene, uint64_t now, unsigned width,
		      struct screen_lines *view)
{
	AUTO(str_release) struct str left = STR_INIT;
	AUTO(str_release) struct str right = STR_INIT;

	str_addf(&left, "[+] Rolling out %s %s: ", scene->fleet, scene->version);
	if (scene->is_stopping)
		str_add(&left, "stopping; Ctrl-C again ends it at once");
	else
		rollout_wave_name(&scene->plan, &left);
	format_elapsed(&right, now - scene->began);
	screen_add_sides(screen_lines_add(view, NULL), left.ptr, right.ptr, width);
}

static void add_counts(const struct rollout_scene *scene, unsigned width, struct screen_lines *view)
{
	const size_t *counts = scene->plan.counts;
	AUTO(str_release) struct str text = STR_INIT;

	str_addf(&text, " %zu of %zu done, %zu in work, %zu to do", counts[BOARD_DONE],
		 scene->plan.len, counts[BOARD_ACTIVE], counts[BOARD_PENDING]);
	if (counts[BOARD_FAILED] > 0)
		str_addf(&text, ", %zu failed", counts[BOARD_FAILED]);
	if (counts[BOARD_OFFLINE] > 0)
		str_addf(&text, ", %zu not reached", counts[BOARD_OFFLINE]);
	format_fitted(screen_lines_add(view, counts[BOARD_FAILED] ? TERMINAL_RED : TERMINAL_BLUE),
		      str_span(&text), width);
}

static void turn_name(const struct board_turn *turn, struct str *out)
{
	if (turn->is_again)
		str_add(out, "again");
	else if (turn->wave == 0)
		str_add(out, "canary");
	else
		str_addf(out, "wave %u", turn->wave);
}

/* " => wave 2  ": as wide as that of any board, as long as there are no more than a hundred. */
static void begin_row(const struct board_turn *turn, struct str *out)
{
	AUTO(str_release) struct str name = STR_INIT;

	turn_name(turn, &name);
	str_addf(out, " => %-*s  ", TURN_COLUMNS, name.ptr);
}

static void widen(const struct rollout_scene *scene, size_t board, unsigned *widest)
{
	unsigned width = format_width(span_of(scene->boards->items[board].name));

	*widest = width > *widest ? width : *widest;
}

static unsigned name_width(const struct rollout_scene *scene)
{
	unsigned widest = 0;

	VEC_FOREACH(active, &scene->active)
		widen(scene, active->board, &widest);
	VEC_FOREACH(done, &scene->done)
		widen(scene, done->board, &widest);
	return widest < NAME_COLUMNS ? widest : NAME_COLUMNS;
}

static void add_board(const struct rollout_scene *scene, size_t board,
		      const struct board_turn *turn, const char *text, struct str *out)
{
	unsigned name_columns = name_width(scene);
	AUTO(str_release) struct str name = STR_INIT;

	format_fitted(&name, span_of(scene->boards->items[board].name), name_columns);
	begin_row(turn, out);
	str_addf(out, "%s%*s  ", name.ptr, (int)(name_columns - format_width(str_span(&name))), "");
	format_line(out, text);
}

static void add_active(const struct rollout_scene *scene, const struct active_board *active,
		       uint64_t now, unsigned width, struct screen_lines *view)
{
	AUTO(str_release) struct str left = STR_INIT;
	AUTO(str_release) struct str right = STR_INIT;

	add_board(scene, active->board, &active->turn, active->phase, &left);
	format_elapsed(&right, now - active->since);
	screen_add_sides(screen_lines_add(view, NULL), left.ptr, right.ptr, width);
}

static void add_done(const struct rollout_scene *scene, const struct done_board *done,
		     unsigned width, struct screen_lines *view)
{
	AUTO(str_release) struct str left = STR_INIT;
	AUTO(str_release) struct str right = STR_INIT;
	AUTO(freep)
	char *text = done->is_unchanged
			     ? xasprintf("runs %s already", scene->version)
			     : xasprintf("%s -> %s", done->from ?: "nothing", scene->version);

	add_board(scene, done->board, &done->turn, text, &left);
	format_elapsed(&right, done->elapsed);
	screen_add_sides(screen_lines_add(view, TERMINAL_BLUE), left.ptr, right.ptr, width);
}

static void add_troubled(const struct rollout_scene *scene, const struct troubled_board *troubled,
			 unsigned width, struct screen_lines *view)
{
	AUTO(str_release) struct str text = STR_INIT;
	bool has_failed = troubled->state == BOARD_FAILED;
	const char *name = scene->boards->items[troubled->board].name;

	begin_row(&troubled->turn, &text);
	str_addf(&text, "%s %s: ", has_failed ? "FAILED" : "NOT REACHED", name);
	format_line(&text, troubled->reason);
	format_fitted(screen_lines_add(view, has_failed ? TERMINAL_RED : TERMINAL_YELLOW),
		      str_span(&text), width);
}

/* Boards in work come first; trouble has some rows in any case; what is left is for the newest that are done. */
void rollout_live_compose(const struct rollout_scene *scene, const struct screen_size *size,
			  uint64_t now, struct screen_lines *ret)
{
	/* The last column stays free: writing into it makes some terminals wrap. */
	unsigned width = (size->columns > MIN_COLUMNS ? size->columns : MIN_COLUMNS) - 1;
	size_t rows = size->rows > HEAD_ROWS + 1 ? size->rows - HEAD_ROWS - 1 : 0;
	size_t troubled = scene->troubled.len, active = scene->active.len, done = 0;

	add_title(scene, now, width, ret);
	add_counts(scene, width, ret);
	if (active + troubled > rows) {
		size_t kept = troubled < TROUBLED_MAX ? troubled : TROUBLED_MAX;

		kept = kept < rows / 2 ? kept : rows / 2;
		active = active < rows - kept ? active : rows - kept;
		troubled = rows - active < troubled ? rows - active : troubled;
	}
	done = rows - active - troubled < scene->done.len ? rows - active - troubled
							  : scene->done.len;
	for (size_t i = scene->done.len - done; i < scene->done.len; i++)
		add_done(scene, &scene->done.items[i], width, ret);
	for (size_t i = scene->troubled.len - troubled; i < scene->troubled.len; i++)
		add_troubled(scene, &scene->troubled.items[i], width, ret);
	for (size_t i = 0; i < active; i++)
		add_active(scene, &scene->active.items[i], now, width, ret);
}
