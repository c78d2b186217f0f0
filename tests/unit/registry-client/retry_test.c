#include "retry.h"

#include "unit.h"

static void knows_what_may_change(void **state)
{
	(void)state;
	static const long again[] = { 408, 429, 499, 500, 502, 503, 504, 522, 530 };
	static const long never[] = { 200, 201, 202, 301, 307, 400, 401, 403,
				      404, 405, 413, 416, 501, 505, 511 };

	for (size_t i = 0; i < ARRAY_SIZE(again); i++)
		assert_true(retry_status(again[i]));
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		assert_false(retry_status(never[i]));
}

static void reads_retry_after(void **state)
{
	(void)state;
	const time_t now = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */
	static const struct {
		const char *header;
		long expect;
	} rows[] = {
		{ "0", 0 },
		{ " 120 ", 120 },
		{ "Sun, 06 Nov 1994 08:50:37 GMT", 60 },
		{ "Sun, 06 Nov 1994 08:49:00 GMT", 0 },
		{ "-5", -1 },
		{ "soon", -1 },
		{ "", -1 },
		{ "99999999999999999999", -1 },
	};

	assert_int_equal(retry_after(NULL, now), -1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(retry_after(rows[i].header, now) == rows[i].expect, rows[i].header);
}

static void waits_longer_each_time_and_gives_up(void **state)
{
	(void)state;
	const struct retry_policy policy = {
		.tries = 6, .base_ms = 500, .cap_ms = 3000, .after_cap_s = 300
	};
	static const long most[] = { 500, 1000, 2000, 3000, 3000 };

	for (unsigned attempt = 1; attempt <= 5; attempt++) {
		for (int draw = 0; draw < 100; draw++) {
			long delay = retry_delay(&policy, attempt, -1);

			assert_in_range(delay, 0, most[attempt - 1]);
		}
	}
	assert_int_equal(retry_delay(&policy, 6, -1), -1);
}

static void obeys_the_server(void **state)
{
	(void)state;
	const struct retry_policy policy = {
		.tries = 6, .base_ms = 500, .cap_ms = 3000, .after_cap_s = 300
	};

	assert_in_range(retry_delay(&policy, 1, 20), 20000, 20500);
	assert_in_range(retry_delay(&policy, 1, 0), 0, 500);
	assert_int_equal(retry_delay(&policy, 1, 301), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(knows_what_may_change),
		scratch_test(reads_retry_after),
		scratch_test(waits_longer_each_time_and_gives_up),
		scratch_test(obeys_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
