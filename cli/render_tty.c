#include "render.h"

#include "format.h"
#include "report.h"
#include "screen.h"
#include "terminal.h"

#define APPEAR_NS   UINT64_C(300000000) /* what is over sooner needs no live view */
#define LOG_LINES   6                   /* of a running step */
#define MIN_COLUMNS 20
#define ITEM_COLUMNS \
	26 /* of a line about a transfer: for what is transferred, if there is more to say */

struct tty {
	struct renderer base;
	struct screen screen;
	struct str messages; /* lines for above the view */
};

static struct tty *tty_of(struct renderer *renderer)
{
	return CONTAINER_OF(renderer, struct tty, base);
}

/* --- what a step looks like --- */

static unsigned width_of(const struct renderer *renderer)
{
	/* The last column stays free: writing into it makes some terminals wrap. */
	return (renderer->columns > MIN_COLUMNS ? renderer->columns : MIN_COLUMNS) - 1;
}

static const char *step_sequence(const struct step *step)
{
	switch (step->state) {
	case STEP_CACHED:
	case STEP_DONE: return TERMINAL_BLUE;
	case STEP_FAILED: return TERMINAL_RED;
	case STEP_CANCELLED: return TERMINAL_YELLOW;
	case STEP_WAITING:
	case STEP_RUNNING: break;
	}
	return NULL;
}

static const char *step_prefix(const struct step *step)
{
	switch (step->state) {
	case STEP_CACHED: return "CACHED ";
	case STEP_FAILED: return "ERROR ";
	case STEP_CANCELLED: return "CANCELED ";
	case STEP_WAITING:
	case STEP_RUNNING:
	case STEP_DONE: break;
	}
	return "";
}

static void add_step_line(struct screen_lines *view, const struct step *step, unsigned width,
			  uint64_t now)
{
	AUTO(str_release) struct str left = STR_INIT;
	AUTO(str_release) struct str right = STR_INIT;

	str_addf(&left, " => %s%s", step_prefix(step), step->name);
	format_elapsed(&right, step_elapsed(step, now));
	if (format_width(str_span(&right)) >= width / 2)
		str_clear(&right);
	screen_add_sides(screen_lines_add(view, step_sequence(step)), left.ptr, right.ptr, width);
}

/* Behind two blanks unless it is the first. False when it does not fit, and is left out. */
static bool add_part(struct str *right, const struct str *part, unsigned room)
{
	unsigned gap = right->len > 0 ? 2 : 0;

	if (format_width(str_span(right)) + gap + format_width(str_span(part)) > room)
		return false;
	str_addf(right, "%*s%s", (int)gap, "", part->ptr);
	return true;
}

static bool add_amount(struct str *right, const struct transfer *transfer, unsigned room)
{
	AUTO(str_release) struct str part = STR_INIT;

	format_size(&part, transfer->done);
	if (transfer->total > 0) {
		str_add(&part, " / ");
		format_size(&part, transfer->total);
	}
	return add_part(right, &part, room);
}

static bool add_rate(struct str *right, const struct transfer *transfer, unsigned room,
		     uint64_t now)
{
	AUTO(str_release) struct str part = STR_INIT;
	uint64_t rate = transfer_rate(transfer, now);

	if (rate == 0 || transfer->ended)
		return true;
	format_size(&part, rate);
	str_add(&part, "/s");
	return add_part(right, &part, room);
}

static void add_times(struct str *right, const struct transfer *transfer, unsigned room,
		      uint64_t now)
{
	AUTO(str_release) struct str part = STR_INIT;
	uint64_t left_ns = transfer_left(transfer, now);

	if (left_ns > 0) {
		format_elapsed(&part, left_ns);
		str_add(&part, " left");
		if (!add_part(right, &part, room))
			return;
		str_clear(&part);
	}
	format_elapsed(&part, (transfer->ended ? transfer->ended : now) - transfer->started);
	(void)add_part(right, &part, room);
}

static void add_transfer_line(struct screen_lines *view, const struct transfer *transfer,
			      unsigned width, uint64_t now)
{
	AUTO(str_release) struct str left = STR_INIT;
	AUTO(str_release) struct str right = STR_INIT;
	unsigned kept = ITEM_COLUMNS < width / 2 ? ITEM_COLUMNS : width / 2, room = 0;

	str_add(&left, " => => ");
	if (transfer->verb)
		str_addf(&left, "%s ", transfer->verb);
	transfer_format_item(transfer, &left);
	if (format_width(str_span(&left)) < kept)
		kept = format_width(str_span(&left));
	room = width - 1 - kept;
	if (add_amount(&right, transfer, room) && add_rate(&right, transfer, room, now))
		add_times(&right, transfer, room, now);
	screen_add_sides(screen_lines_add(view, transfer->ended ? TERMINAL_BLUE : NULL), left.ptr,
			 right.ptr, width);
}

static void add_sub_line(struct screen_lines *view, const char *prefix, const char *text,
			 unsigned width)
{
	struct str *line = screen_lines_add(view, TERMINAL_FAINT);

	str_add(line, prefix);
	format_fitted(line, span_of(text), width - (unsigned)strlen(prefix));
}

/* What a running step is doing: its transfers, the end of its output. */
static void add_step_body(struct screen_lines *view, const struct step *step, unsigned width,
			  size_t max_lines, uint64_t now)
{
	const char *lines[STEP_OUTPUT_LINES];
	size_t count = 0, running = 0;

	if (step->detail)
		add_sub_line(view, " => => ", step->detail, width);
	VEC_FOREACH(transfer, &step->transfers) {
		if (!transfer->ended && running++ < max_lines)
			add_transfer_line(view, transfer, width, now);
	}
	count = step_output_last(&step->output, max_lines, lines);
	for (size_t i = 0; i < count; i++)
		add_sub_line(view, " => => # ", lines[i], width);
}

/* --- the view --- */

static const char *header_note(const struct renderer *renderer, bool is_over)
{
	if (is_over)
		return " FINISHED";
	return renderer->is_stopping ? " stopping; Ctrl-C again ends it at once" : "";
}

static void add_header(struct screen_lines *view, const struct renderer *renderer, bool is_over,
		       uint64_t now)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct str *line = screen_lines_add(view, NULL);

	str_addf(&text, "[+] %s ", renderer->title);
	format_elapsed(&text, now - renderer->started);
	str_addf(&text, " (%u/%zu)%s", steps_count_over(&renderer->steps), renderer->steps.len,
		 header_note(renderer, is_over));
	format_fitted(line, str_span(&text), width_of(renderer));
}

/* Leaves out the first `hidden` steps that are over. */
static void compose(struct screen_lines *view, const struct renderer *renderer, size_t hidden,
		    size_t max_lines, bool is_over, uint64_t now)
{
	unsigned width = width_of(renderer);

	add_header(view, renderer, is_over, now);
	VEC_FOREACH(item, &renderer->steps) {
		const struct step *step = *item;

		if (step->state == STEP_WAITING)
			continue;
		if (step_is_over(step) && hidden > 0) {
			hidden--;
			continue;
		}
		add_step_line(view, step, width, now);
		if (!step_is_over(step))
			add_step_body(view, step, width, max_lines, now);
	}
}

/*
 * What fits on the screen: steps that are over go first, then lines of output, then whatever is
 * below.
 */
static void compose_fitting(struct screen_lines *view, const struct renderer *renderer,
			    uint64_t now)
{
	size_t rows = renderer->rows > 2 ? renderer->rows - 1 : 1;
	size_t max_lines = LOG_LINES, over = steps_count_over(&renderer->steps), hidden = 0;

	compose(view, renderer, 0, max_lines, false, now);
	if (view->len > rows) {
		hidden = view->len - rows < over ? view->len - rows : over;
		screen_lines_clear(view);
		compose(view, renderer, hidden, max_lines, false, now);
	}
	while (view->len > rows && max_lines-- > 0) {
		screen_lines_clear(view);
		compose(view, renderer, hidden, max_lines, false, now);
	}
	while (view->len > rows)
		str_release(&view->items[--view->len].text);
}

static void draw(struct tty *tty, const struct screen_lines *view)
{
	const struct screen_size size = { .rows = tty->base.rows,
					  .columns = tty->base.columns,
					  .colour = tty->base.colour };

	screen_draw(&tty->screen, &size, view, tty->messages.ptr, &tty->base.out);
	str_clear(&tty->messages);
}

static void tty_tick(struct renderer *renderer, uint64_t now)
{
	AUTO(screen_lines_release) struct screen_lines view = { .items = NULL };

	if (now - renderer->started < APPEAR_NS)
		return;
	compose_fitting(&view, renderer, now);
	draw(tty_of(renderer), &view);
}

static void tty_event(struct renderer *renderer, const struct event *event, struct step *step,
		      uint64_t now)
{
	struct tty *tty = tty_of(renderer);
	AUTO(freep) char *text = NULL;

	(void)now;
	if (event->kind == EVENT_LOG && step)
		step_output_add(&step->output, event->stream, event_span(event), NULL, NULL);
	if (event->kind != EVENT_WARNING && event->kind != EVENT_INFO)
		return;
	text = span_dup(event_span(event));
	if (event->kind == EVENT_WARNING)
		report_format_warning(text, event->span, renderer->colour, &tty->messages);
	else
		str_addf(&tty->messages, "%s\n", text);
}

static void tty_finish(struct renderer *renderer, const struct err *err, uint64_t now)
{
	struct tty *tty = tty_of(renderer);
	AUTO(screen_lines_release) struct screen_lines view = { .items = NULL };

	renderer->is_stopping = false;
	/* All of it: what is above the screen can be scrolled back to. */
	if (renderer->steps.len > 0)
		compose(&view, renderer, 0, 0, !err, now);
	if (view.len > 0 || tty->screen.is_shown || tty->messages.len > 0)
		draw(tty, &view);
	str_add(&renderer->out, TERMINAL_SHOW_CURSOR);
	renderer_add_end(renderer, err);
}

static void tty_release(struct renderer *renderer)
{
	struct tty *tty = tty_of(renderer);

	screen_release(&tty->screen);
	str_release(&tty->messages);
}

struct renderer *render_tty_new(void)
{
	static const struct renderer_kind kind = { .tick_ms = 100,
						   .lists_warnings = true,
						   .event = tty_event,
						   .tick = tty_tick,
						   .finish = tty_finish,
						   .release = tty_release };
	struct tty *tty = xcalloc(1, sizeof(*tty));

	tty->base.kind = &kind;
	str_init(&tty->base.out, 0);
	str_init(&tty->base.warnings, 0);
	str_init(&tty->messages, 0);
	return &tty->base;
}
