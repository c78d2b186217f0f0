#include "warning.h"

#include "unit.h"

static const struct {
	const char *header, *expect;
} rows[] = {
	{ "299 - \"the disk is full\"", "the disk is full" },
	{ "299 - \"say \\\"so\\\"\"", "say \"so\"" },
	{ "299 - \"\"", NULL },
	{ "299 - \"open", NULL },
	{ "299 - \"open\\", NULL },
	{ "299 - \"dated\" \"Sat, 25 Aug 2012 23:34:45 GMT\"", NULL },
	{ "299 proxy \"by somebody else\"", NULL },
	{ "110 - \"response is stale\"", NULL },
	{ "299 -", NULL },
	{ "", NULL },
};

static void reads_what_is_meant_for_people(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *text = warning_text(rows[i].header);

		assert_row(str_eq(text, rows[i].expect), rows[i].header);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_is_meant_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
