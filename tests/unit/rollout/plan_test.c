#include "rollout/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/vec.h"

/*
 * A fleet as a text: what becomes of each board, '+' healthy, '-' failed, '?' out of reach, in rounds: "?+" is a board that is
 * reached the second time. Boards are apart by blanks.
 */
struct story {
	const char *boards;
	const char *canaries, *wave, *max_failures;
	enum offline_rule offline;
	size_t parallel;
	/* How it went: the boards that were started, by letters, a blank where nothing more could be until they had ended. */
	const char *order;
	const char *states; /* in the end: '+', '-', '?', '.' = not begun */
};

static const struct story stories[] = {
	/* All well: a canary, then all. */
	{ "+ + + +", "1", "100%", "0", OFFLINE_WAIT, 10, "a bcd", "++++" },
	/* No canary. */
	{ "+ + + +", "0", "100%", "0", OFFLINE_WAIT, 10, "abcd", "++++" },
	/* Waves. */
	{ "+ + + + + +", "2", "2", "0", OFFLINE_WAIT, 10, "ab cd ef", "++++++" },
	{ "+ + + + + +", "1", "40%", "0", OFFLINE_WAIT, 10, "a bcd ef", "++++++" },
	/* Not more at a time. */
	{ "+ + + + +", "1", "100%", "0", OFFLINE_WAIT, 2, "a bc de", "+++++" },
	/* A canary that fails ends it, whatever may fail later. */
	{ "- + + +", "1", "100%", "100%", OFFLINE_WAIT, 10, "a", "-..." },
	{ "+ - + +", "2", "100%", "3", OFFLINE_WAIT, 10, "ab", "+-.." },
	/* Failures: none may be, one may be. */
	{ "+ - + + +", "1", "2", "0", OFFLINE_WAIT, 10, "a bc", "+-+.." },
	{ "+ - + + +", "1", "2", "1", OFFLINE_WAIT, 10, "a bc de", "+-+++" },
	{ "+ - + - +", "1", "2", "1", OFFLINE_WAIT, 10, "a bc de", "+-+-+" },
	{ "+ - - + +", "1", "2", "1", OFFLINE_WAIT, 10, "a bc", "+--.." },
	{ "+ - + + + + + + + -", "1", "100%", "20%", OFFLINE_WAIT, 10, "a bcdefghij",
	  "+-+++++++-" },
	/* In the midst of a wave as well. */
	{ "+ - + + +", "1", "100%", "0", OFFLINE_WAIT, 1, "a b", "+-..." },
	/* A canary that cannot be reached is replaced; it comes at the end. */
	{ "?+ + + +", "1", "100%", "0", OFFLINE_WAIT, 10, "a b cd a", "++++" },
	{ "? ? + + +", "2", "100%", "0", OFFLINE_SKIP, 10, "ab cd e", "??+++" },
	/* Out of reach: the next, or all. */
	{ "+ ?+ +", "1", "100%", "0", OFFLINE_WAIT, 10, "a bc b", "+++" },
	{ "+ ??+ +", "1", "100%", "0", OFFLINE_WAIT, 10, "a bc b b", "+++" },
	{ "+ ???? +", "1", "100%", "0", OFFLINE_SKIP, 10, "a bc", "+?+" },
	{ "+ ?+ + +", "1", "1", "0", OFFLINE_FAIL, 10, "a b", "+-.." },
	{ "+ ?- ?+ +", "1", "100%", "0", OFFLINE_WAIT, 1, "a b c d b", "+-?+" },
	/* Nobody is there: the first to come is the canary. */
	{ "?+ ?+ ?+", "1", "100%", "0", OFFLINE_WAIT, 10, "a b c a bc", "+++" },
	{ "?- ?+ ?+", "1", "100%", "100%", OFFLINE_WAIT, 10, "a b c a", "-??" },
	/* More canaries than boards. */
	{ "+ +", "5", "100%", "0", OFFLINE_WAIT, 10, "ab", "++" },
	{ "", "1", "100%", "0", OFFLINE_WAIT, 10, "", "" },
};

struct telling {
	const struct story *story;
	struct strvec boards; /* what is still to become of each */
	struct plan plan;
	size_t active[32], active_len;
	uint64_t now;
	struct str order;
};

static enum board_state state_of(char sign)
{
	switch (sign) {
	case '+': return BOARD_DONE;
	case '-': return BOARD_FAILED;
	default: return BOARD_OFFLINE;
	}
}

static char sign_of(uint8_t state)
{
	static const char signs[] = { [BOARD_PENDING] = '.',
				      [BOARD_ACTIVE] = '!',
				      [BOARD_DONE] = '+',
				      [BOARD_FAILED] = '-',
				      [BOARD_OFFLINE] = '?' };

	return signs[state];
}

/* All that are in work end, the first one first. */
static void end_all(struct telling *t)
{
	for (size_t i = 0; i < t->active_len; i++) {
		char *left = t->boards.items[t->active[i]];

		(void)plan_ended(&t->plan, t->active[i], state_of(*left));
		memmove(left, left + 1, strlen(left));
	}
	t->active_len = 0;
}

static void tell(struct telling *t)
{
	for (;;) {
		size_t board = 0;
		uint64_t wake = 0;
		enum plan_answer answer = PLAN_WAIT;

		if (t->active_len < t->story->parallel)
			answer = plan_next(&t->plan, t->now, &board, &wake);
		if (answer == PLAN_OVER)
			return;
		if (answer == PLAN_START) {
			str_addc(&t->order, (char)('a' + board));
			t->active[t->active_len++] = board;
			continue;
		}
		if (t->active_len > 0) {
			str_addc(&t->order, ' ');
			end_all(t);
			continue;
		}
		assert_true(wake != UINT64_MAX && wake > t->now);
		t->now = wake;
	}
}

static void check_story(const struct story *story)
{
	struct telling t = { .story = story, .now = 1000 };
	struct plan_rules rules = { .offline = story->offline, .wait_ms = 100000 };
	struct span rest = span_of(story->boards), word;
	AUTO(str_release) struct str states = STR_INIT;

	str_init(&t.order, 0);
	while (rest.len > 0) {
		(void)span_cut(&rest, ' ', &word);
		strvec_addn(&t.boards, word.ptr, word.len);
	}
	assert_int_equal(amount_parse(story->canaries, &rules.canaries, NULL), 0);
	assert_int_equal(amount_parse(story->wave, &rules.wave, NULL), 0);
	assert_int_equal(amount_parse(story->max_failures, &rules.max_failures, NULL), 0);
	plan_init(&t.plan, t.boards.len, &rules);
	tell(&t);
	for (size_t i = 0; i < t.boards.len; i++)
		str_addc(&states, sign_of(t.plan.states[i]));
	if (t.order.len > 0)
		str_truncate(&t.order, t.order.len - 1);
	assert_string_equal(t.order.ptr, story->order);
	assert_string_equal(states.ptr, story->states);
	plan_release(&t.plan);
	strvec_release(&t.boards);
	str_release(&t.order);
}

static void in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
		print_message("%s, canaries %s, wave %s\n", stories[i].boards, stories[i].canaries,
			      stories[i].wave);
		check_story(&stories[i]);
	}
}

static void amounts(void **state)
{
	static const struct {
		const char *text;
		size_t total, down, up;
	} good[] = { { "0", 100, 0, 0 },        { "7", 3, 7, 7 },
		     { "10%", 5000, 500, 500 }, { "10%", 19, 1, 2 },
		     { "1%", 3, 0, 1 },         { "100%", 7, 7, 7 },
		     { "0%", 1000, 0, 0 },      { "1000000", 1, 1000000, 1000000 } };
	static const char *const bad[] = { "",    "-1",  "%",    "101%",   "1.5",
					   "ten", "1 %", "10%%", "1000001" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct amount amount;

		assert_int_equal(amount_parse(good[i].text, &amount, NULL), 0);
		assert_int_equal(amount_of(amount, good[i].total, false), good[i].down);
		assert_int_equal(amount_of(amount, good[i].total, true), good[i].up);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		struct amount amount;

		assert_int_equal(amount_parse(bad[i], &amount, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
	}
}

static const struct plan_rules cautious = { .canaries = { 2, false },
					    .wave = { 100, true },
					    .wait_ms = 10000 };

/* Boards that are healthy already are canaries that are well. */
static void taken_up(void **state)
{
	struct plan plan;
	size_t board = 0;
	uint64_t wake = 0;

	(void)state;
	plan_init(&plan, 4, &cautious);
	plan_set_done(&plan, 1);
	assert_int_equal(plan_next(&plan, 1, &board, &wake), PLAN_START);
	assert_int_equal(board, 0);
	assert_int_equal(plan_next(&plan, 1, &board, &wake), PLAN_WAIT);
	(void)plan_ended(&plan, 0, BOARD_DONE);
	assert_int_equal(plan_next(&plan, 1, &board, &wake), PLAN_START);
	assert_int_equal(board, 2);
	assert_int_equal(plan_next(&plan, 1, &board, &wake), PLAN_START);
	assert_int_equal(board, 3);
	plan_release(&plan);
}

/* Those in work are waited for; what they are then counts. */
static void stopped(void **state)
{
	struct plan plan;
	size_t board = 0;
	uint64_t wake = 0;

	(void)state;
	plan_init(&plan, 4, &cautious);
	assert_int_equal(plan_next(&plan, 1, &board, &wake), PLAN_START);
	assert_int_equal(plan_next(&plan, 1, &board, &wake), PLAN_START);
	plan_stop(&plan);
	assert_int_equal(plan_next(&plan, 1, &board, &wake), PLAN_WAIT);
	(void)plan_ended(&plan, 0, BOARD_DONE);
	(void)plan_ended(&plan, 1, BOARD_PENDING);
	assert_int_equal(plan_next(&plan, 1, &board, &wake), PLAN_OVER);
	assert_int_equal(plan.counts[BOARD_DONE], 1);
	assert_int_equal(plan.counts[BOARD_PENDING], 3);
	assert_false(plan_has_failed(&plan));
	plan_release(&plan);
}

/* A board that never comes is tried less and less often, and no longer than was said. */
static void patience(void **state)
{
	struct plan_rules rules = { .wait_ms = 60000 };
	struct plan plan;
	uint64_t now = 5, wake = 0, pause = 0;
	size_t board = 0;
	unsigned tries = 0;
	enum plan_answer answer = PLAN_WAIT;

	(void)state;
	plan_init(&plan, 1, &rules);
	assert_int_equal(plan_next(&plan, now, &board, &wake), PLAN_START);
	(void)plan_ended(&plan, board, BOARD_OFFLINE);
	while ((answer = plan_next(&plan, now, &board, &wake)) != PLAN_OVER) {
		if (answer == PLAN_START) {
			tries++;
			(void)plan_ended(&plan, board, BOARD_OFFLINE);
			continue;
		}
		assert_true(wake - now >= pause || wake == 5 + 60000);
		pause = wake - now;
		now = wake;
	}
	assert_int_equal(now, 5 + 60000);
	assert_in_range(tries, 3, 6);
	assert_int_equal(plan.counts[BOARD_OFFLINE], 1);
	plan_release(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order), cmocka_unit_test(amounts),  cmocka_unit_test(taken_up),
		cmocka_unit_test(stopped),  cmocka_unit_test(patience),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
