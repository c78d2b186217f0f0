#include "base/monitor.h"

#include <pthread.h>
#include <stdatomic.h>

#include "unit.h"

#define THREADS 8
#define STEPS   500

static atomic_uint announced;

static void count(void *data, const struct event *event)
{
	(void)data;
	if (event->kind == EVENT_STEP_ADDED)
		atomic_fetch_add(&announced, 1);
}

struct worker {
	pthread_t thread;
	unsigned numbers[STEPS];
};

static void *add_steps(void *data)
{
	const struct monitor monitor = { .sink = count, .cancel_fd = -1 };
	struct worker *worker = data;

	for (int i = 0; i < STEPS; i++)
		worker->numbers[i] = monitor_add_step(&monitor, "step %d", i);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static void numbers_are_unique_among_threads(void **state)
{
	(void)state;
	static struct worker workers[THREADS];
	static unsigned all[THREADS * STEPS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&workers[i].thread, NULL, add_steps, &workers[i]),
				 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		memcpy(all + (size_t)i * STEPS, workers[i].numbers, sizeof(workers[i].numbers));
	}
	qsort(all, ARRAY_SIZE(all), sizeof(all[0]), compare);
	assert_true(all[0] > 0); /* 0 is the command as a whole */
	for (size_t i = 1; i < ARRAY_SIZE(all); i++)
		assert_true(all[i - 1] < all[i]);
	assert_int_equal(atomic_load(&announced), THREADS * STEPS);
}

struct seen {
	struct event last;
	char text[64];
	unsigned count;
};

static void remember(void *data, const struct event *event)
{
	struct seen *seen = data;

	seen->last = *event;
	seen->count++;
	(void)snprintf(seen->text, sizeof(seen->text), "%s", event->text ? event->text : "");
}

static void events_arrive_whole(void **state)
{
	(void)state;
	struct seen seen = { .count = 0 };
	const struct monitor monitor = { .sink = remember, .sink_data = &seen, .cancel_fd = -1 };
	unsigned step = monitor_add_step(&monitor, "RUN %s", "make");

	assert_int_equal(seen.last.kind, EVENT_STEP_ADDED);
	assert_int_equal(seen.last.step, step);
	assert_string_equal(seen.text, "RUN make");
	monitor_step(&monitor, step, EVENT_STEP_STARTED);
	assert_int_equal(seen.last.kind, EVENT_STEP_STARTED);
	assert_null(seen.last.text);
	monitor_text(&monitor, step, EVENT_INFO, "%d%%", 5);
	assert_string_equal(seen.text, "5%");
	monitor_transfer(&monitor, step, "pushing", "sha256:1", 3, 1ULL << 40);
	assert_int_equal(seen.last.kind, EVENT_TRANSFER);
	assert_string_equal(seen.last.verb, "pushing");
	assert_string_equal(seen.last.item, "sha256:1");
	assert_true(seen.last.done == 3 && seen.last.total == 1ULL << 40);
	assert_int_equal(seen.count, 4);
}

static void nobody_listens(void **state)
{
	(void)state;
	const struct monitor silent = MONITOR_SILENT;
	unsigned first = monitor_add_step(NULL, "x");

	assert_true(monitor_add_step(&silent, "x") > first);
	monitor_step(NULL, 1, EVENT_STEP_DONE);
	monitor_text(&silent, 1, EVENT_INFO, "x");
	monitor_transfer(NULL, 1, "v", "i", 1, 2);
	assert_false(monitor_is_cancelled(NULL));
	assert_false(monitor_is_cancelled(&silent));
	assert_int_equal(monitor_check(&silent, NULL), 0);
}

static void cancellation_stays(void **state)
{
	(void)state;
	AUTO(err_release) struct err err = ERR_INIT;
	int ends[2];
	struct monitor monitor = { .cancel_fd = -1 };

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	monitor.cancel_fd = ends[0];
	assert_int_equal(monitor_check(&monitor, &err), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(monitor_check(&monitor, &err), -1);
		assert_int_equal(err.kind, ERR_CANCELLED);
	}
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_unique_among_threads),
		cmocka_unit_test(events_arrive_whole),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(cancellation_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
