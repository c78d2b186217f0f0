#include "definition_diff.h"

#include "unit.h"

#define FILE_A "6:main.c f 0644 aaaa\n"
#define SOURCE "source\ndirectory\n"

static void the_first_difference_is_named(void **state)
{
	static const struct {
		const char *before, *after, *expected; /* NULL = none */
	} rows[] = {
		{ "step run\nargument 4:make\n", "step run\nargument 4:make\n", NULL },
		{ "argument 4:make\n", "argument 8:make all\n", "command: 'make' -> 'make all'" },
		{ "argument 2:sh\nargument 1:a\n", "argument 2:sh\n", "command: 'a' is gone" },
		{ "env 9:VERSION=1\n", "env 9:VERSION=2\n", "ARG VERSION: '1' -> '2'" },
		{ "env 3:A=1\n", "env 3:A=1\nenv 2:B=\n", "ENV B: '' is new" },
		{ "env 9:MY_TOKEN=\n", "env 10:MY_TOKEN=x\n", "ENV MY_TOKEN changed" },
		/* a value may hold what looks like another line */
		{ "env 12:A=1\nenv 3:B=\nuser 1:a\n", "env 12:A=1\nenv 3:C=\nuser 1:b\n",
		  "ENV A: '1...' -> '1...'" },
		{ SOURCE FILE_A, SOURCE "6:main.c f 0644 bbbb\n", "src/main.c changed" },
		{ SOURCE FILE_A, SOURCE "6:main.c f 0755 aaaa\n", "src/main.c: mode 0644 -> 0755" },
		{ SOURCE FILE_A, SOURCE FILE_A "1:z f 0644 cc\n", "src/z is new" },
		{ SOURCE FILE_A "1:z f 0644 cc\n", SOURCE FILE_A, "src/z is gone" },
		{ SOURCE "1:l l 1:a\n", SOURCE "1:l l 3:b\nc\n", "src/l changed" },
		{ SOURCE FILE_A "source\n6:file.c f 0644 a\n",
		  SOURCE FILE_A "source\n6:file.c f 0644 b\n", "other/file.c changed" },
		{ "owner 1:1\n", "owner 1:2\n", "--chown: '1' -> '2'" },
		{ "flags 0 0 0 0\n", "flags 0 1 0 0\n", "its options changed" },
		/* cut off */
		{ SOURCE FILE_A "9:ma", SOURCE FILE_A "9:ma", NULL },
		{ "", "", NULL },
	};
	AUTO(definition_names_release)
	struct definition_names names = { .sources = STRVEC_INIT };

	(void)state;
	strvec_add(&names.sources, "src");
	strvec_add(&names.sources, "other/file.c");
	strvec_add(&names.args, "VERSION");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep)
		char *found =
			definition_compare(span_of(rows[i].before), span_of(rows[i].after), &names);

		if (!str_eq(found, rows[i].expected))
			fail_msg("row %zu: '%s', not '%s'", i, found, rows[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_difference_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
