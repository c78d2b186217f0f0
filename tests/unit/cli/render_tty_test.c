#include "render.h"

#include "base/alloc.h"
#include "events.h"
#include "screen.h"
#include "unit.h"

#define COLUMNS 40

struct view {
	struct renderer *renderer;
	struct screen screen;
};

static void view_open(struct view *view, unsigned rows)
{
	view->renderer = begin(render_tty_new(), SECOND, rows, COLUMNS);
	screen_init(&view->screen, rows, COLUMNS);
}

static void view_close(struct view *view)
{
	renderer_freep(&view->renderer);
}

/* What the renderer wants written goes to the screen. */
static void view_flush(struct view *view)
{
	screen_write(&view->screen, view->renderer->out.ptr);
	str_clear(&view->renderer->out);
}

static void view_tick(struct view *view, uint64_t now)
{
	renderer_tick(view->renderer, now);
	view_flush(view);
}

static void assert_screen(struct view *view, const char *want)
{
	AUTO(freep) char *got = screen_text(&view->screen);

	assert_string_equal(got, want);
}

static void test_appears_late(void **state)
{
	AUTO(view_close) struct view view;

	(void)state;
	view_open(&view, 24);
	emit(view.renderer, SECOND, 1, EVENT_STEP_ADDED, "RUN make");
	emit(view.renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	view_tick(&view, SECOND + SECOND / 5);
	assert_screen(&view, "");
	assert_false(view.screen.cursor_hidden);
	view_tick(&view, SECOND + SECOND / 2);
	assert_screen(&view, "[+] Building 0.5s (0/1)\n"
			     " => RUN make                       0.5s\n");
	assert_true(view.screen.cursor_hidden);
}

static void test_states(void **state)
{
	AUTO(view_close) struct view view;

	(void)state;
	view_open(&view, 24);
	for (unsigned id = 1; id <= 6; id++)
		emit(view.renderer, SECOND, id, EVENT_STEP_ADDED, "step");
	emit(view.renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	emit(view.renderer, SECOND, 2, EVENT_STEP_CACHED, NULL);
	emit(view.renderer, SECOND, 3, EVENT_STEP_STARTED, NULL);
	emit(view.renderer, SECOND, 4, EVENT_STEP_STARTED, NULL);
	emit(view.renderer, SECOND, 5, EVENT_STEP_STARTED, NULL);
	emit(view.renderer, 2 * SECOND, 3, EVENT_STEP_DONE, NULL);
	emit(view.renderer, 2 * SECOND, 4, EVENT_STEP_FAILED, "no");
	emit(view.renderer, 2 * SECOND, 5, EVENT_STEP_CANCELLED, NULL);
	view_tick(&view, 3 * SECOND);
	/* The sixth waits: it is counted, but not shown. */
	assert_screen(&view, "[+] Building 2.0s (4/6)\n"
			     " => step                           2.0s\n"
			     " => CACHED step                    0.0s\n"
			     " => step                           1.0s\n"
			     " => ERROR step                     1.0s\n"
			     " => CANCELED step                  1.0s\n");
}

static void test_output_and_transfers(void **state)
{
	AUTO(view_close) struct view view;

	(void)state;
	view_open(&view, 24);
	emit(view.renderer, SECOND, 1, EVENT_STEP_ADDED, "RUN make all of it in one go, please");
	emit(view.renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	emit_transfer(view.renderer, SECOND, 1, 0, 5000000);
	emit_transfer(view.renderer, 2 * SECOND, 1, 1000000, 5000000);
	for (int i = 0; i < 9; i++) {
		char line[40];

		snprintf(line, sizeof(line), "\033[32mline %d\033[0m\n", i);
		emit(view.renderer, 2 * SECOND, 1, EVENT_LOG, line);
	}
	emit(view.renderer, 2 * SECOND, 1, EVENT_LOG, "10%\r20%");
	view_tick(&view, 2 * SECOND);
	assert_screen(&view, "[+] Building 1.0s (0/1)\n"
			     " => RUN make all of it in one g... 1.0s\n"
			     " => => pulling sha256:... 1.0MB / 5.0MB\n"
			     " => => # line 4\n"
			     " => => # line 5\n"
			     " => => # line 6\n"
			     " => => # line 7\n"
			     " => => # line 8\n"
			     " => => # 20%\n");
	emit(view.renderer, 3 * SECOND, 1, EVENT_STEP_DONE, NULL);
	view_tick(&view, 3 * SECOND);
	assert_screen(&view, "[+] Building 2.0s (1/1)\n"
			     " => RUN make all of it in one g... 2.0s\n");
}

/* What counts most is shown as long as there is room: how much of how much, how fast, how long still. */
static void test_transfers_in_narrow_terminals(void **state)
{
	static const struct {
		unsigned columns;
		const char *line;
	} cases[] = {
		{ 80, " => => pulling sha256:0123456789ab      1.0MB / 5.0MB  1.0MB/s  4.0s left  "
		      "1.0s" },
		{ 67, " => => pulling sha256:0... 1.0MB / 5.0MB  1.0MB/s  4.0s left  1.0s" },
		{ 66, " => => pulling sha256:012345... 1.0MB / 5.0MB  1.0MB/s  4.0s left" },
		{ 56, " => => pulling sha256:0123456... 1.0MB / 5.0MB  1.0MB/s" },
		{ 44, " => => pulling sha256:0123... 1.0MB / 5.0MB" },
		{ 27, " => => pulling sha256:0..." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(view_close) struct view view = { .renderer = NULL };
		AUTO(freep) char *text = NULL;
		char *line = NULL;

		view.renderer = begin(render_tty_new(), SECOND, 24, cases[i].columns);
		screen_init(&view.screen, 24, cases[i].columns);
		emit(view.renderer, SECOND, 1, EVENT_STEP_ADDED, "pull");
		emit(view.renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
		emit_transfer(view.renderer, SECOND, 1, 0, 5000000);
		emit_transfer(view.renderer, 2 * SECOND, 1, 1000000, 5000000);
		view_tick(&view, 2 * SECOND);
		text = screen_text(&view.screen);
		line = strstr(text, " => => ");
		assert_non_null(line);
		*strchrnul(line, '\n') = '\0';
		assert_string_equal(line, cases[i].line);
	}
}

static void test_small_screen(void **state)
{
	AUTO(view_close) struct view view;

	(void)state;
	view_open(&view, 6);
	for (unsigned id = 1; id <= 9; id++) {
		char name[16];

		snprintf(name, sizeof(name), "step %u", id);
		emit(view.renderer, SECOND, id, EVENT_STEP_ADDED, name);
		emit(view.renderer, SECOND, id, id < 9 ? EVENT_STEP_CACHED : EVENT_STEP_STARTED,
		     NULL);
	}
	view_tick(&view, 2 * SECOND);
	view_tick(&view, 3 * SECOND);
	/* The last row is for the cursor; nothing scrolls away while it lives. */
	assert_screen(&view, "[+] Building 2.0s (8/9)\n"
			     " => CACHED step 6                  0.0s\n"
			     " => CACHED step 7                  0.0s\n"
			     " => CACHED step 8                  0.0s\n"
			     " => step 9                         2.0s\n");
	assert_int_equal(view.screen.scrolled, 0);
	emit(view.renderer, 3 * SECOND, 9, EVENT_LOG, "1\n2\n3\n4\n5\n6\n");
	view_tick(&view, 3 * SECOND);
	assert_screen(&view, "[+] Building 2.0s (8/9)\n"
			     " => step 9                         2.0s\n"
			     " => => # 4\n"
			     " => => # 5\n"
			     " => => # 6\n");
	/* In the end everything is shown, and may be scrolled back to. */
	emit(view.renderer, 4 * SECOND, 9, EVENT_STEP_DONE, NULL);
	renderer_finish(view.renderer, NULL, 4 * SECOND);
	view_flush(&view);
	assert_int_equal(view.screen.scrolled, 10 + 1 - 6);
	assert_false(view.screen.cursor_hidden);
}

static void test_messages_stand_above(void **state)
{
	AUTO(view_close) struct view view;

	(void)state;
	view_open(&view, 24);
	emit(view.renderer, SECOND, 1, EVENT_STEP_ADDED, "RUN make");
	emit(view.renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	view_tick(&view, 2 * SECOND);
	emit(view.renderer, SECOND, 0, EVENT_WARNING, "careful");
	view_tick(&view, 3 * SECOND);
	emit(view.renderer, SECOND, 0, EVENT_INFO, "by the way");
	view_tick(&view, 4 * SECOND);
	assert_screen(&view, "warning: careful\n"
			     "by the way\n"
			     "[+] Building 3.0s (0/1)\n"
			     " => RUN make                       3.0s\n");
}

static void test_warnings_about_files_stand_below(void **state)
{
	AUTO(view_close) struct view view;

	(void)state;
	view_open(&view, 24);
	emit_file_warning(view.renderer, SECOND, "StageNameCasing", "odd");
	emit(view.renderer, SECOND, 1, EVENT_STEP_ADDED, "RUN make");
	emit(view.renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	emit(view.renderer, 2 * SECOND, 1, EVENT_STEP_DONE, NULL);
	renderer_finish(view.renderer, NULL, 2 * SECOND);
	view_flush(&view);
	assert_screen(&view, "[+] Building 1.0s (1/1) FINISHED\n"
			     " => RUN make                       1.0s\n"
			     "1 warning found (--check shows where):\n"
			     " - Dockerfile:3: StageNameCasing: odd\n");
}

/* Too fast for a view: the outcome is shown all the same. */
static void test_short_build(void **state)
{
	AUTO(view_close) struct view view;

	(void)state;
	view_open(&view, 24);
	emit(view.renderer, SECOND, 1, EVENT_STEP_ADDED, "RUN make");
	emit(view.renderer, SECOND, 1, EVENT_STEP_CACHED, NULL);
	renderer_finish(view.renderer, NULL, SECOND + SECOND / 50);
	view_flush(&view);
	assert_screen(&view, "[+] Building 0.0s (1/1) FINISHED\n"
			     " => CACHED RUN make                0.0s\n");
	assert_false(view.screen.cursor_hidden);
}

static void test_failure(void **state)
{
	AUTO(view_close) struct view view;
	AUTO(err_release) struct err err = ERR_INIT;

	(void)state;
	view_open(&view, 24);
	(void)err_set(&err, ERR_CHILD, "it failed");
	emit(view.renderer, SECOND, 1, EVENT_STEP_ADDED, "RUN false");
	emit(view.renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	emit(view.renderer, SECOND, 1, EVENT_LOG, "boom\n");
	view_tick(&view, 2 * SECOND);
	emit(view.renderer, 2 * SECOND, 1, EVENT_STEP_FAILED, "exit status 1");
	renderer_finish(view.renderer, &err, 2 * SECOND);
	view_flush(&view);
	assert_screen(&view, "[+] Building 1.0s (1/1)\n"
			     " => ERROR RUN false                1.0s\n"
			     "------\n"
			     " > RUN false:\n"
			     "boom\n"
			     "------\n");
}

static void test_stopping(void **state)
{
	AUTO(view_close) struct view view;
	AUTO(err_release) struct err err = ERR_INIT;

	(void)state;
	view_open(&view, 24);
	view.renderer->columns = view.screen.columns = 80;
	view.renderer->is_stopping = true;
	view_tick(&view, 2 * SECOND);
	assert_screen(&view, "[+] Building 1.0s (0/0) stopping; Ctrl-C again ends it at once\n");
	(void)err_set(&err, ERR_CANCELLED, "interrupted");
	renderer_finish(view.renderer, &err, 2 * SECOND);
	view_flush(&view);
	assert_screen(&view, "");
}

/* The terminal becomes narrower and reflows what is on it: the view is drawn over all of its old rows. */
static void test_narrower_terminal(void **state)
{
	AUTO(view_close) struct view view;

	(void)state;
	view_open(&view, 24);
	emit(view.renderer, SECOND, 1, EVENT_STEP_ADDED, "RUN make");
	emit(view.renderer, SECOND, 1, EVENT_STEP_STARTED, NULL);
	view_tick(&view, 2 * SECOND);
	view.renderer->columns = 30;
	renderer_tick(view.renderer, 3 * SECOND);
	/* 23 columns are one row of 30, 39 are two. */
	assert_non_null(strstr(view.renderer->out.ptr, "\033[3A"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appears_late),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_output_and_transfers),
		cmocka_unit_test(test_transfers_in_narrow_terminals),
		cmocka_unit_test(test_small_screen),
		cmocka_unit_test(test_messages_stand_above),
		cmocka_unit_test(test_warnings_about_files_stand_below),
		cmocka_unit_test(test_short_build),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_stopping),
		cmocka_unit_test(test_narrower_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
