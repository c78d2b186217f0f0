#include "schedule.h"

#include <pthread.h>
#include <stdatomic.h>

#include "stop.h"
#include "unit.h"

#define ITEMS 40

struct record {
	pthread_mutex_t lock;
	size_t order[ITEMS];
	size_t len;
	size_t fails; /* this item */
	size_t meets; /* items 0 and 1 wait for each other */
	atomic_uint arrived;
	atomic_uint stopped;
};

static void begin(struct record *record, size_t item)
{
	pthread_mutex_lock(&record->lock);
	record->order[record->len++] = item;
	pthread_mutex_unlock(&record->lock);
}

static int run(void *arg, size_t item, struct err *err)
{
	struct record *record = arg;

	begin(record, item);
	if (record->meets && item < 2) {
		atomic_fetch_add(&record->arrived, 1);
		while (record->arrived < 2)
			sched_yield();
	}
	return item == record->fails ? err_set(err, ERR_INPUT, "item %zu", item) : 0;
}

static void init(struct record *record)
{
	*record = (struct record){ .fails = ITEMS };
	pthread_mutex_init(&record->lock, NULL);
}

static size_t place(const struct record *record, size_t item)
{
	for (size_t i = 0; i < record->len; i++) {
		if (record->order[i] == item)
			return i;
	}
	return ITEMS;
}

static void one_job_keeps_the_order(void **state)
{
	AUTO(schedule_freep) struct schedule *schedule = schedule_new(ITEMS);
	struct record record;

	(void)state;
	init(&record);
	assert_ok(schedule_run(schedule, 1, run, NULL, &record, &err_));
	assert_int_equal(record.len, ITEMS);
	for (size_t i = 0; i < ITEMS; i++)
		assert_int_equal(record.order[i], i);
}

/* 0 and 1 can begin; behind 1 stands 2, which is dear. Then 3, dearer than 0 in itself. */
static void what_most_work_hangs_on_comes_first(void **state)
{
	AUTO(schedule_freep) struct schedule *schedule = schedule_new(4);
	static const size_t expected[] = { 1, 2, 3, 0 };
	struct record record;

	(void)state;
	init(&record);
	schedule_set_cost(schedule, 0, 4);
	schedule_set_cost(schedule, 1, 1);
	schedule_set_cost(schedule, 2, 10);
	schedule_set_cost(schedule, 3, 5);
	schedule_add_dependency(schedule, 2, 1);
	assert_ok(schedule_run(schedule, 1, run, NULL, &record, &err_));
	assert_int_equal(record.len, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(record.order[i], expected[i]);
}

/* Every third item waits for the one three before it, and for the one before it as well. */
static void what_is_waited_for_comes_first(void **state)
{
	(void)state;
	for (unsigned jobs = 1; jobs <= 8; jobs++) {
		AUTO(schedule_freep) struct schedule *schedule = schedule_new(ITEMS);
		struct record record;

		init(&record);
		for (size_t i = 3; i < ITEMS; i += 3) {
			schedule_add_dependency(schedule, i, i - 3);
			schedule_add_dependency(schedule, i, i - 1);
			schedule_add_dependency(schedule, i, i - 1); /* twice is as good as once */
		}
		assert_ok(schedule_run(schedule, jobs, run, NULL, &record, &err_));
		assert_int_equal(record.len, ITEMS);
		for (size_t i = 3; i < ITEMS; i += 3) {
			assert_true(place(&record, i - 3) < place(&record, i));
			assert_true(place(&record, i - 1) < place(&record, i));
		}
	}
}

static void independent_items_run_at_the_same_time(void **state)
{
	AUTO(schedule_freep) struct schedule *schedule = schedule_new(2);
	struct record record;

	(void)state;
	init(&record);
	record.meets = 1;
	assert_ok(schedule_run(schedule, 2, run, NULL, &record, &err_));
	assert_int_equal(record.len, 2);
}

static void nothing_begins_after_a_failure(void **state)
{
	AUTO(schedule_freep) struct schedule *schedule = schedule_new(ITEMS);
	struct record record;

	(void)state;
	init(&record);
	record.fails = 4;
	for (size_t i = 1; i < ITEMS; i++)
		schedule_add_dependency(schedule, i, i - 1);
	assert_int_equal(schedule_run(schedule, 4, run, NULL, &record, &err_), -1);
	assert_string_equal(err_.message, "item 4");
	assert_int_equal(record.len, 5);
	err_clear(&err_);
}

/* Item 0 fails, and item 1 because of it: as a step does that is cancelled. */
static int fail_when_stopped(void *arg, size_t item, struct err *err)
{
	struct record *record = arg;

	atomic_fetch_add(&record->arrived, 1);
	while (record->arrived < 2)
		sched_yield();
	if (item == 0)
		return err_set(err, ERR_INPUT, "the cause");
	while (record->stopped == 0)
		sched_yield();
	return err_set(err, ERR_CANCELLED, "the consequence");
}

static void stop_others(void *arg)
{
	struct record *record = arg;

	atomic_fetch_add(&record->stopped, 1);
}

static void a_cause_is_not_hidden_by_its_consequences(void **state)
{
	AUTO(schedule_freep) struct schedule *schedule = schedule_new(2);
	struct record record;

	(void)state;
	init(&record);
	assert_int_equal(schedule_run(schedule, 2, fail_when_stopped, stop_others, &record, &err_),
			 -1);
	assert_string_equal(err_.message, "the cause");
	assert_int_equal(record.stopped, 1);
	err_clear(&err_);
}

static void nothing_to_do_is_done(void **state)
{
	AUTO(schedule_freep) struct schedule *schedule = schedule_new(0);

	(void)state;
	assert_ok(schedule_run(schedule, 4, run, NULL, NULL, &err_));
}

static void either_reason_stops(void **state)
{
	int fds[2];
	struct monitor outer = MONITOR_SILENT;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	outer.cancel_fd = fds[0];
	for (int by_user = 0; by_user < 2; by_user++) {
		AUTO(stop_release) struct stop stop = STOP_INIT;

		assert_ok(stop_open(&stop, &outer, &err_));
		assert_false(monitor_is_cancelled(&stop.monitor));
		if (by_user)
			assert_int_equal(write(fds[1], "", 1), 1);
		else
			stop_now(&stop);
		assert_true(monitor_is_cancelled(&stop.monitor));
		assert_int_equal(monitor_is_cancelled(&outer), by_user);
	}
	assert_int_equal(close(fds[0]) + close(fds[1]), 0);
}

static void a_stop_needs_nobody_above(void **state)
{
	AUTO(stop_release) struct stop stop = STOP_INIT;

	(void)state;
	assert_ok(stop_open(&stop, NULL, &err_));
	assert_false(monitor_is_cancelled(&stop.monitor));
	stop_now(&stop);
	stop_now(&stop);
	assert_true(monitor_is_cancelled(&stop.monitor));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_job_keeps_the_order),
		cmocka_unit_test(what_most_work_hangs_on_comes_first),
		cmocka_unit_test(what_is_waited_for_comes_first),
		cmocka_unit_test(independent_items_run_at_the_same_time),
		cmocka_unit_test(nothing_begins_after_a_failure),
		cmocka_unit_test(a_cause_is_not_hidden_by_its_consequences),
		cmocka_unit_test(nothing_to_do_is_done),
		cmocka_unit_test(either_reason_stops),
		cmocka_unit_test(a_stop_needs_nobody_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
