#include "report.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "unit.h"

static void check(enum err_kind kind, const char *message, const char *hint, bool colour,
		  const char *want)
{
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	(void)err_set(&err, kind, "%s", message);
	if (hint)
		(void)err_hint(&err, "%s", hint);
	report_format(&err, colour, &text);
	assert_string_equal(text.ptr, want);
}

static void test_errors(void **state)
{
	(void)state;
	check(ERR_SYSTEM, "open 'x': no such file", NULL, false, "error: open 'x': no such file\n");
	check(ERR_SYSTEM, "a", "b", false, "error: a\nhint: b\n");
	check(ERR_SYSTEM, "a", "b", true, "\033[1;31merror:\033[0m a\n\033[36mhint:\033[0m b\n");
	/* What a registry says must not drive the terminal. */
	check(ERR_PROTOCOL, "said '\033[2J\r'", NULL, false, "error: said '?[2J?'\n");
	/* Problems of a file come rendered. */
	check(ERR_INPUT, "Dockerfile:7:1: error: unknown instruction 'RNU'\n  7 | RNU x\n    | ^~~",
	      NULL, false,
	      "Dockerfile:7:1: error: unknown instruction 'RNU'\n  7 | RNU x\n    | ^~~\n");
	check(ERR_INPUT, "no instructions\nat: error: all", NULL, false,
	      "error: no instructions\nat: error: all\n");
}

/* The fourth line is the last and has no newline. */
static const char dockerfile[] = "FROM a\nRUN b && \\\n  c\nCMD d";

static const struct {
	unsigned line, last_line;
	const char *excerpt;
} excerpts[] = {
	{ 1, 0,
	  "x:1\n--------------------\n   1 | >>> FROM a\n   2 |     RUN b && \\\n   3 |       c\n"
	  "--------------------\n" },
	{ 2, 3,
	  "x:2\n--------------------\n   1 |     FROM a\n   2 | >>> RUN b && \\\n   3 | >>>   c\n"
	  "   4 |     CMD d\n--------------------\n" },
	{ 4, 4,
	  "x:4\n--------------------\n   2 |     RUN b && \\\n   3 |       c\n   4 | >>> CMD d\n"
	  "--------------------\n" },
	{ 0, 0, "" },
};

static void test_excerpts(void **state)
{
	(void)state;
	assert_int_equal(
		fs_write_file_atomic(AT_FDCWD, "x", dockerfile, sizeof(dockerfile) - 1, 0644, NULL),
		0);
	for (size_t i = 0; i < ARRAY_SIZE(excerpts); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		AUTO(str_release) struct str text = STR_INIT;

		(void)err_set(&err, ERR_CHILD, "it failed");
		(void)err_at(&err, "x", excerpts[i].line, 1, 0);
		err.span.last_line = excerpts[i].last_line;
		report_format_excerpt(&err, &text);
		assert_string_equal(text.ptr, excerpts[i].excerpt);
	}
	assert_int_equal(unlink("x"), 0);
}

static void test_no_excerpt_of_a_missing_file(void **state)
{
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	(void)state;
	(void)err_set(&err, ERR_CHILD, "it failed");
	(void)err_at(&err, "missing", 1, 1, 1);
	report_format_excerpt(&err, &text);
	assert_string_equal(text.ptr, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_excerpts),
		cmocka_unit_test(test_no_excerpt_of_a_missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
