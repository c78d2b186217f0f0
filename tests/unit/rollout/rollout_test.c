#include "rollout/rollout.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/vec.h"

#define BOARDS 300

/* A fleet whose boards end as the first letter of their name says: g(ood), b(ad), o(ffline). */
struct world {
	struct rollout_boards boards;
	atomic_uint now, most; /* boards in work */
	unsigned begun, ended; /* as they were told of */
	int stop_fd;           /* written to by the tenth board; -1 = by none */
	atomic_uint count;
};

static int bring(void *data, const struct rollout_board *board, const struct monitor *monitor,
		 struct board_report *ret, struct err *err)
{
	const struct timespec pause = { .tv_nsec = 200000 };
	struct world *world = data;
	unsigned now = atomic_fetch_add(&world->now, 1) + 1, most = atomic_load(&world->most);

	while (now > most && !atomic_compare_exchange_weak(&world->most, &most, now))
		;
	(void)monitor_add_step(monitor, "doing %s", board->name);
	if (atomic_fetch_add(&world->count, 1) == 9 && world->stop_fd >= 0)
		(void)!write(world->stop_fd, "x", 1);
	(void)nanosleep(&pause, NULL);
	ret->from = xstrdup("before");
	atomic_fetch_sub(&world->now, 1);
	switch (*board->name) {
	case 'b': return err_set(err, ERR_CHILD, "bad");
	case 'o': return err_set(err, ERR_NETWORK, "gone");
	default: return 0;
	}
}

static void tell(void *data, const struct rollout_event *event)
{
	struct world *world = data;

	if (event->kind == ROLLOUT_START)
		world->begun++;
	if (event->kind == ROLLOUT_PHASE)
		assert_true(str_has_prefix(event->text, "doing "));
	if (event->kind == ROLLOUT_END) {
		world->ended++;
		assert_string_equal(event->report->from, "before");
	}
}

/* Every tenth is of that kind, but not the first. */
static void make_boards(struct world *world, char kind)
{
	for (unsigned i = 0; i < BOARDS; i++)
		*VEC_ADD(&world->boards) =
			(struct rollout_board){ .name = xasprintf("%c%u", i % 10 == 9 ? kind : 'g',
								  i) };
}

static void run(struct world *world, const struct plan_rules *rules, int cancel_fd, int status,
		struct plan *plan)
{
	const struct monitor monitor = { .cancel_fd = cancel_fd };
	struct rollout rollout = { .boards = &world->boards,
				   .plan = plan,
				   .parallel = 8,
				   .monitor = &monitor,
				   .bring = bring,
				   .data = world,
				   .tell = tell,
				   .tell_data = world };

	plan_init(plan, world->boards.len, rules);
	assert_int_equal(rollout_run(&rollout, NULL), status);
	assert_in_range(atomic_load(&world->most), 1, 8);
	assert_int_equal(world->begun, world->ended);
	assert_int_equal(plan->counts[BOARD_ACTIVE], 0);
}

static void all_of_them(void **state)
{
	struct world world = { .stop_fd = -1 };
	const struct plan_rules rules = { .canaries = { 1, false },
					  .wave = { 10, true },
					  .max_failures = { 10, true } };
	struct plan plan;

	(void)state;
	make_boards(&world, 'b');
	run(&world, &rules, -1, 0, &plan);
	assert_int_equal(plan.counts[BOARD_FAILED], BOARDS / 10);
	assert_int_equal(plan.counts[BOARD_DONE], BOARDS - BOARDS / 10);
	assert_int_equal(world.begun, BOARDS);
	plan_release(&plan);
	rollout_boards_release(&world.boards);
}

static void until_one_fails(void **state)
{
	struct world world = { .stop_fd = -1 };
	const struct plan_rules rules = { .wave = { 100, true } };
	struct plan plan;

	(void)state;
	make_boards(&world, 'b');
	run(&world, &rules, -1, 0, &plan);
	assert_in_range(plan.counts[BOARD_FAILED], 1, 2);
	assert_in_range(world.begun, 10, 10 + 16);
	plan_release(&plan);
	rollout_boards_release(&world.boards);
}

static void without_those_out_of_reach(void **state)
{
	struct world world = { .stop_fd = -1 };
	const struct plan_rules rules = { .wave = { 100, true }, .offline = OFFLINE_SKIP };
	struct plan plan;

	(void)state;
	make_boards(&world, 'o');
	run(&world, &rules, -1, 0, &plan);
	assert_int_equal(plan.counts[BOARD_OFFLINE], BOARDS / 10);
	assert_int_equal(world.begun, BOARDS);
	plan_release(&plan);
	rollout_boards_release(&world.boards);
}

static void interrupted(void **state)
{
	struct world world = { .stop_fd = -1 };
	const struct plan_rules rules = { .wave = { 100, true } };
	AUTO(fd_closep) int cancel_fd = -1, stop_fd = -1;
	struct plan plan;

	(void)state;
	assert_int_equal(fd_pipe(&cancel_fd, &stop_fd, NULL), 0);
	world.stop_fd = stop_fd;
	for (unsigned i = 0; i < 100; i++)
		make_boards(&world, 'g');
	run(&world, &rules, cancel_fd, -1, &plan);
	assert_true(plan.counts[BOARD_PENDING] > 0);
	assert_int_equal(plan.counts[BOARD_FAILED], 0);
	plan_release(&plan);
	rollout_boards_release(&world.boards);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_them),
		cmocka_unit_test(until_one_fails),
		cmocka_unit_test(without_those_out_of_reach),
		cmocka_unit_test(interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
