#include "dockerfile/dockerfile.h"
#include "unit.h"

#define SECOND INT64_C(1000000000)

static const struct {
	const char *text;
	int64_t ns; /* -1 = an error */
} rows[] = {
	{ "0", 0 },
	{ "30s", 30 * SECOND },
	{ "1m30s", 90 * SECOND },
	{ "1h2m3s4ms5us6ns", 3723 * SECOND + 4005006 },
	{ "1.5s", SECOND * 3 / 2 },
	{ ".5m", 30 * SECOND },
	{ "2.m", 120 * SECOND },
	{ "+5s", 5 * SECOND },
	{ "-0s", 0 },
	{ "7\xc2\xb5s", 7000 },
	{ "2562047h", INT64_C(2562047) * 3600 * SECOND },
	{ "2562048h", -1 }, /* more than 63 bits of nanoseconds */
	{ "-5s", -1 },
	{ "5", -1 },
	{ "5d", -1 },
	{ "", -1 },
	{ "s", -1 },
	{ ".s", -1 },
	{ "5s ", -1 },
	{ "99999999999999999999s", -1 },
};

static void durations(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		int64_t ns = -1;
		int result = duration_parse(rows[i].text, &ns, &err);

		assert_row((result < 0) == (rows[i].ns < 0), rows[i].text);
		if (result == 0)
			assert_row(ns == rows[i].ns, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(durations) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
