#include "rollout_live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "format.h"

#define SECOND UINT64_C(1000000000)

static const struct plan_rules rules = { .canaries = { 1, false }, .wave = { 10, false } };

/* So many boards of each kind; names and reasons longer than a line. */
static void fill(struct rollout_scene *scene, struct rollout_boards *boards, size_t active,
		 size_t troubled, size_t done)
{
	const struct board_turn turn = { .wave = 12 };
	size_t board = 0;

	while (boards->len < active + troubled + done)
		VEC_ADD(boards)->name =
			xasprintf("board-%zu-of-the-greenhouse-in-the-north", boards->len);
	for (size_t i = 0; i < active; i++)
		*VEC_ADD(&scene->active) =
			(struct active_board){ board++, turn, xstrdup("watching its health"),
					       SECOND };
	for (size_t i = 0; i < troubled; i++)
		*VEC_ADD(&scene->troubled) = (struct troubled_board){
			board++, turn, BOARD_FAILED,
			xstrdup("service 'app': it is unhealthy, its check says:\nno\033[2Jwater "
				"and much more of it")
		};
	for (size_t i = 0; i < done; i++)
		*VEC_ADD(&scene->done) =
			(struct done_board){ board++, turn, xstrdup("v1"), SECOND, i % 2 };
	scene->boards = boards;
	plan_init(&scene->plan, boards->len, &rules);
}

static void release(struct rollout_scene *scene, struct rollout_boards *boards)
{
	VEC_FOREACH(active, &scene->active)
		free(active->phase);
	VEC_FOREACH(troubled, &scene->troubled)
		free(troubled->reason);
	VEC_FOREACH(done, &scene->done)
		free(done->from);
	free(scene->active.items);
	free(scene->troubled.items);
	free(scene->done.items);
	plan_release(&scene->plan);
	rollout_boards_release(boards);
}

static size_t count(const struct screen_lines *lines, const char *word)
{
	size_t found = 0;

	VEC_FOREACH(line, lines)
		found += strstr(line->text.ptr, word) != NULL;
	return found;
}

/* How many rows of each kind there are on a screen. */
static void rows(void **state)
{
	static const struct {
		size_t active, troubled, done;
		unsigned screen;
		size_t active_rows, troubled_rows, done_rows;
	} table[] = {
		{ 2, 1, 3, 24, 2, 1, 3 },
		/* the newest that are done have what is left */
		{ 2, 1, 60, 24, 2, 1, 18 },
		{ 20, 1, 60, 24, 20, 1, 0 },
		/* more in work than rows: some for trouble in any case */
		{ 100, 0, 60, 24, 21, 0, 0 },
		{ 100, 3, 60, 24, 18, 3, 0 },
		{ 100, 50, 60, 24, 16, 5, 0 },
		{ 4, 50, 60, 24, 4, 17, 0 },
		{ 100, 50, 60, 7, 2, 2, 0 },
		{ 100, 50, 60, 3, 0, 0, 0 },
		{ 100, 50, 60, 1, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct rollout_scene scene = { .fleet = "greenhouse", .version = "v2" };
		struct rollout_boards boards = { .items = NULL };
		AUTO(screen_lines_release) struct screen_lines lines = { .items = NULL };
		const struct screen_size size = { .rows = table[i].screen, .columns = 80 };

		fill(&scene, &boards, table[i].active, table[i].troubled, table[i].done);
		rollout_live_compose(&scene, &size, 9 * SECOND, &lines);
		assert_int_equal(count(&lines, "watching"), table[i].active_rows);
		assert_int_equal(count(&lines, "FAILED"), table[i].troubled_rows);
		assert_int_equal(lines.len, 2 + table[i].active_rows + table[i].troubled_rows +
						    table[i].done_rows);
		release(&scene, &boards);
	}
}

/* No row is wider than the terminal, nor does what a board says drive it. */
static void columns(void **state)
{
	struct rollout_scene scene = { .fleet = "greenhouse", .version = "v2" };
	struct rollout_boards boards = { .items = NULL };

	(void)state;
	fill(&scene, &boards, 5, 5, 5);
	for (unsigned width = 20; width < 200; width++) {
		AUTO(screen_lines_release) struct screen_lines lines = { .items = NULL };
		const struct screen_size size = { .rows = 24, .columns = width };

		rollout_live_compose(&scene, &size, 9 * SECOND, &lines);
		VEC_FOREACH(line, &lines) {
			assert_true(format_width(str_span(&line->text)) < width);
			assert_null(strpbrk(line->text.ptr, "\033\n"));
		}
	}
	release(&scene, &boards);
}

/* Which wave a board is in stands in its row, one below the other. */
static void turns(void **state)
{
	static const struct {
		struct board_turn turn;
		const char *said;
	} table[] = {
		{ { 0, false }, " => canary   " },  { { 1, false }, " => wave 1   " },
		{ { 12, false }, " => wave 12  " }, { { 123456, false }, " => wave 123456  " },
		{ { 2, true }, " => again    " },
	};
	const struct screen_size size = { .rows = 24, .columns = 80 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct rollout_scene scene = { .fleet = "greenhouse", .version = "v2" };
		struct rollout_boards boards = { .items = NULL };
		AUTO(screen_lines_release) struct screen_lines lines = { .items = NULL };

		fill(&scene, &boards, 1, 1, 1);
		scene.active.items[0].turn = scene.done.items[0].turn =
			scene.troubled.items[0].turn = table[i].turn;
		rollout_live_compose(&scene, &size, 9 * SECOND, &lines);
		assert_int_equal(count(&lines, table[i].said), 3);
		release(&scene, &boards);
	}
}

static void waves(void **state)
{
	static const struct {
		unsigned wave;
		size_t pending, left;
		const char *said;
	} table[] = {
		{ 0, 30, 0, "canaries" },    { 1, 30, 9, "wave 1 of 4" },
		{ 1, 20, 0, "wave 1 of 3" }, { 3, 1, 1, "wave 3 of 3" },
		{ 3, 0, 5, "wave 3 of 3" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		AUTO(str_release) struct str text = STR_INIT;
		struct plan plan = { .wave = table[i].wave,
				     .left = table[i].left,
				     .wave_size = 10 };

		plan.counts[BOARD_PENDING] = table[i].pending;
		rollout_wave_name(&plan, &text);
		assert_string_equal(text.ptr, table[i].said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rows), cmocka_unit_test(columns),
					    cmocka_unit_test(turns), cmocka_unit_test(waves) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
