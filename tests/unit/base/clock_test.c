#include "base/clock.h"

#include <limits.h>

#include "unit.h"

static void never_goes_back(void **state)
{
	uint64_t ms = monotonic_ms(), ns = monotonic_ns();

	(void)state;
	assert_true(ns / 1000000 >= ms);
	assert_true(monotonic_ns() >= ns);
}

static void waits_for_deadlines(void **state)
{
	uint64_t now = monotonic_ms();

	(void)state;
	assert_int_equal(monotonic_ms_until(0), 0);
	assert_int_equal(monotonic_ms_until(now), 0);
	assert_in_range(monotonic_ms_until(now + 3600000), 1, 3600000);
	assert_int_equal(monotonic_ms_until(UINT64_MAX), INT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_goes_back),
		cmocka_unit_test(waits_for_deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
