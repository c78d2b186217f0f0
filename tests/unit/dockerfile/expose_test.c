#include "dockerfile/expose.h"

#include "base/str.h"
#include "unit.h"

static const struct {
	const char *word, *want; /* NULL = an error */
	bool mapping, upper_case;
} rows[] = {
	{ "80", "80/tcp", false, false },
	{ "80/udp", "80/udp", false, false },
	{ "80/", "80/tcp", false, false },
	{ "80/SCTP", "80/sctp", false, true },
	{ "8000-8002/udp", "8000/udp 8001/udp 8002/udp", false, false },
	{ "8080:80", "80/tcp", true, false },
	{ "127.0.0.1:8080:80/tcp", "80/tcp", true, false },
	{ "127.0.0.1::80", "80/tcp", true, false },
	{ "[::1]:8080:80", "80/tcp", true, false },
	{ "8080-8081:80-81", "80/tcp 81/tcp", true, false },
	{ "0", "0/tcp", false, false },
	{ "65535", "65535/tcp", false, false },
	{ "65536", NULL, false, false },
	{ "90-80", NULL, false, false },
	{ "80-", NULL, false, false },
	{ "-80", NULL, false, false },
	{ "+80", NULL, false, false },
	{ "1-2-3", NULL, false, false },
	{ "", NULL, false, false },
	{ "/tcp", NULL, false, false },
	{ "http", NULL, false, false },
	{ "80/icmp", NULL, false, false },
	{ "nowhere:8080:80", NULL, false, false },
	{ "8080-8082:80-81", NULL, false, false },
	{ "x:80", NULL, false, false },
};

static void ports(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(strvec_release) struct strvec found = STRVEC_INIT;
		AUTO(err_release) struct err err = ERR_INIT;
		struct expose_faults faults = { false, false };
		AUTO(freep) char *joined = NULL;
		int result = expose_parse(rows[i].word, &found, &faults, &err);

		assert_row((result < 0) == !rows[i].want, rows[i].word);
		if (result < 0)
			continue;
		joined = strvec_join(&found, " ");
		assert_row(str_eq(joined, rows[i].want), rows[i].word);
		assert_row(faults.mapping == rows[i].mapping, rows[i].word);
		assert_row(faults.upper_case == rows[i].upper_case, rows[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(ports) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
