#include "dockerfile/dockerfile.h"
#include "unit.h"

static const char *const good[] = { "SIGTERM", "TERM",     "term",    "sigkill",     "9",
				    "64",      "SIGRTMIN", "RTMIN+3", "SIGRTMAX-14", "USR1" };
static const char *const bad[] = { "",      "0",       "65",      "-9",       "SIG", "SIGFOO",
				   "TERM ", "RTMIN-1", "RTMAX+1", "RTMIN+99", "9x" };

static void names_and_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_row(signal_is_valid(good[i]), good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_row(!signal_is_valid(bad[i]), bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names_and_numbers) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
