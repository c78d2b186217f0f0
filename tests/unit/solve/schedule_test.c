#include "schedule.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"
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

/* A compose project: services of 40 steps, some of which wait for one of another service. */
#define STEPS  40
#define MANY   2000
#define UNDONE SIZE_MAX

struct project {
	size_t on[MANY][2]; /* what it waits for; its own number = nothing */
	unsigned cost[MANY];
	unsigned long whole[MANY]; /* with what has to follow */
	size_t place[MANY];        /* in the order in which they ran */
	size_t len;
};

static void make_project(struct project *project)
{
	uint32_t noise = 1;

	for (size_t i = 0; i < MANY; i++) {
		noise = noise * 1664525 + 1013904223;
		project->cost[i] = noise >> 24 & 7;
		project->on[i][0] = i % STEPS ? i - 1 : i;
		project->on[i][1] = i > 0 && (noise >> 28) == 0 ? (noise >> 8) % i : i;
		project->place[i] = UNDONE;
	}
	for (size_t i = MANY; i-- > 0;) {
		project->whole[i] += project->cost[i];
		for (size_t j = 0; j < 2; j++) {
			unsigned long *below = &project->whole[project->on[i][j]];

			if (project->on[i][j] != i && *below < project->whole[i])
				*below = project->whole[i];
		}
	}
}

static bool can_begin(const struct project *project, size_t item)
{
	for (size_t j = 0; j < 2; j++) {
		if (project->on[item][j] != item && project->place[project->on[item][j]] == UNDONE)
			return false;
	}
	return project->place[item] == UNDONE;
}

/* The rule, as plainly as it can be said. */
static size_t expected_next(const struct project *project)
{
	size_t best = MANY;

	for (size_t i = 0; i < MANY; i++) {
		if (can_begin(project, i) &&
		    (best == MANY || project->whole[i] > project->whole[best]))
			best = i;
	}
	return best;
}

static int run_next(void *arg, size_t item, struct err *err)
{
	struct project *project = arg;
	size_t expected = expected_next(project);

	if (item != expected)
		return err_set(err, ERR_INPUT, "%zu in place of %zu", item, expected);
	project->place[item] = project->len++;
	return 0;
}

static void many_items_come_in_order(void **state)
{
	AUTO(schedule_freep) struct schedule *schedule = schedule_new(MANY);
	AUTO(freep) struct project *project = xcalloc(1, sizeof(*project));

	(void)state;
	make_project(project);
	for (size_t i = 0; i < MANY; i++) {
		schedule_set_cost(schedule, i, project->cost[i]);
		for (size_t j = 0; j < 2; j++) {
			if (project->on[i][j] != i)
				schedule_add_dependency(schedule, i, project->on[i][j]);
		}
	}
	assert_ok(schedule_run(schedule, 1, run_next, NULL, project, &err_));
	assert_int_equal(project->len, MANY);
}

static int count_item(void *arg, size_t item, struct err *err)
{
	(void)item;
	(void)err;
	atomic_fetch_add((atomic_uint *)arg, 1);
	return 0;
}

/* More than any build has: whoever looks at all of them for each one never ends. */
static void a_million_items_are_nothing_special(void **state)
{
	const size_t count = 1000000;
	AUTO(schedule_freep) struct schedule *schedule = schedule_new(count);
	atomic_uint ran = 0;

	(void)state;
	for (size_t i = STEPS; i < count; i++)
		schedule_add_dependency(schedule, i, i - STEPS);
	assert_ok(schedule_run(schedule, 1, count_item, NULL, &ran, &err_));
	assert_int_equal(ran, count);
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
		cmocka_unit_test(many_items_come_in_order),
		cmocka_unit_test(a_million_items_are_nothing_special),
		cmocka_unit_test(independent_items_run_at_the_same_time),
		cmocka_unit_test(nothing_begins_after_a_failure),
		cmocka_unit_test(a_cause_is_not_hidden_by_its_consequences),
		cmocka_unit_test(nothing_to_do_is_done),
		cmocka_unit_test(either_reason_stops),
		cmocka_unit_test(a_stop_needs_nobody_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
