#include "asking.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "../base/unit.h"
#include "base/attr.h"

static atomic_int asked;

static void answer_at_once(void *data, const struct monitor *monitor)
{
	(void)monitor;
	*(int *)data = 1;
	asked++;
}

/* As one that waits for a network which says nothing. */
static void wait_for_the_end(void *data, const struct monitor *monitor)
{
	struct pollfd fd = { .fd = monitor->cancel_fd, .events = POLLIN };

	(void)poll(&fd, 1, -1);
	*(int *)data = 2;
}

static void nobody_is_fine(void **state)
{
	const struct monitor monitor = MONITOR_SILENT;

	(void)state;
	assert_ok(ask_all(NULL, 0, &monitor, &err_));
}

static void all_are_asked(void **state)
{
	const struct monitor monitor = MONITOR_SILENT;
	struct question questions[100];
	int said[ARRAY_SIZE(questions)] = { 0 };

	(void)state;
	asked = 0;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		questions[i] = (struct question){ .ask = answer_at_once, .data = &said[i] };
	assert_ok(ask_all(questions, ARRAY_SIZE(questions), &monitor, &err_));
	assert_int_equal(asked, ARRAY_SIZE(questions));
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		assert_true(questions[i].is_answered && said[i] == 1);
}

static void whoever_says_nothing_is_given_up(void **state)
{
	const struct monitor monitor = MONITOR_SILENT;
	int said[2] = { 0 };
	struct question questions[] = { { .ask = wait_for_the_end, .data = &said[0] },
					{ .ask = answer_at_once, .data = &said[1] } };

	(void)state;
	assert_ok(ask_all(questions, ARRAY_SIZE(questions), &monitor, &err_));
	assert_false(questions[0].is_answered);
	assert_int_equal(said[0], 2); /* it was told to end, and has */
	assert_true(questions[1].is_answered);
}

static void the_user_can_stop_it(void **state)
{
	struct monitor monitor = { .cancel_fd = eventfd(1, EFD_CLOEXEC) };
	int said = 0;
	struct question question = { .ask = wait_for_the_end, .data = &said };

	(void)state;
	assert_int_equal(ask_all(&question, 1, &monitor, &err_), -1);
	assert_int_equal(err_.kind, ERR_CANCELLED);
	assert_int_equal(close(monitor.cancel_fd), 0);
	err_clear(&err_);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_fine),
		cmocka_unit_test(all_are_asked),
		cmocka_unit_test(whoever_says_nothing_is_given_up),
		cmocka_unit_test(the_user_can_stop_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
