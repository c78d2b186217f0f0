#include "base/diag.h"

#include "base/limits.h"
#include "unit.h"

static const char source[] = "FROM scratch\n"
			     "RNU apt-get update\n"
			     "\tRNU x\n"
			     "LABEL a=\xe4\xbd\xa0\xe5\xa5\xbd x\n" /* two wide characters */
			     "ENV \x1b[31m=\xff y\r\n"
			     "last";

struct place {
	unsigned line, column, length;
	const char *hint, *expect;
};

static void check(const struct place *row)
{
	AUTO(diags_release) struct diags diags;
	AUTO(str_release) struct str out = STR_INIT;
	struct diag *diag = NULL;

	diags_init(&diags, "Dockerfile", span_of(source));
	diag = diags_add(&diags, DIAG_ERROR, row->line, row->column, row->length, "bad %s", "word");
	diag->hint = xstrdup_or_null(row->hint);
	diags_render(&diags, false, &out);
	if (strcmp(out.ptr, row->expect) != 0)
		fail_msg("line %u column %u gives:\n%snot:\n%s", row->line, row->column, out.ptr,
			 row->expect);
}

static void underlines(void **state)
{
	(void)state;
	static const struct place rows[] = {
		{ 2, 1, 3, "did you mean 'RUN'?",
		  "Dockerfile:2:1: error: bad word\n"
		  "  2 | RNU apt-get update\n"
		  "    | ^~~ did you mean 'RUN'?\n" },
		/* a caret only */
		{ 2, 5, 0, NULL,
		  "Dockerfile:2:5: error: bad word\n"
		  "  2 | RNU apt-get update\n"
		  "    |     ^\n" },
		/* a tab is eight columns, above and below */
		{ 3, 2, 3, NULL,
		  "Dockerfile:3:2: error: bad word\n"
		  "  3 |         RNU x\n"
		  "    |         ^~~\n" },
		/* the tab itself */
		{ 3, 1, 1, NULL,
		  "Dockerfile:3:1: error: bad word\n"
		  "  3 |         RNU x\n"
		  "    | ^~~~~~~~\n" },
		/* a wide character is two columns, three bytes */
		{ 4, 9, 6, NULL,
		  "Dockerfile:4:9: error: bad word\n"
		  "  4 | LABEL a=\xe4\xbd\xa0\xe5\xa5\xbd x\n"
		  "    |         ^~~~\n" },
		{ 4, 16, 1, NULL,
		  "Dockerfile:4:16: error: bad word\n"
		  "  4 | LABEL a=\xe4\xbd\xa0\xe5\xa5\xbd x\n"
		  "    |              ^\n" },
		/* what would drive the terminal or is no UTF-8; no carriage return */
		{ 5, 12, 1, NULL,
		  "Dockerfile:5:12: error: bad word\n"
		  "  5 | ENV \xef\xbf\xbd[31m=\xef\xbf\xbd y\n"
		  "    |            ^\n" },
		/* at and far behind the end of the line */
		{ 6, 5, 1, NULL,
		  "Dockerfile:6:5: error: bad word\n"
		  "  6 | last\n"
		  "    |     ^\n" },
		{ 6, 400, 9, NULL,
		  "Dockerfile:6:400: error: bad word\n"
		  "  6 | last\n"
		  "    |     ^\n" },
		/* longer than the line */
		{ 6, 3, 99, NULL,
		  "Dockerfile:6:3: error: bad word\n"
		  "  6 | last\n"
		  "    |   ^~\n" },
		/* a line that is not there, and no place at all */
		{ 7, 1, 1, "add it",
		  "Dockerfile:7:1: error: bad word\n"
		  "  hint: add it\n" },
		{ 0, 0, 0, NULL, "Dockerfile: error: bad word\n" },
		{ 1, 0, 0, NULL,
		  "Dockerfile:1: error: bad word\n"
		  "  1 | FROM scratch\n"
		  "    | ^\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(&rows[i]);
}

static void long_lines_show_the_place(void **state)
{
	(void)state;
	AUTO(diags_release) struct diags diags;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(str_release) struct str out = STR_INIT;
	const char *shown = NULL, *caret = NULL;

	for (int i = 0; i < 10000; i++)
		str_add(&text, "\xc3\xa4");
	str_add(&text, "HERE");
	for (int i = 0; i < 10000; i++)
		str_add(&text, "\xc3\xa4");
	diags_init(&diags, "f", str_span(&text));
	diags_add(&diags, DIAG_ERROR, 1, 20001, 4, "x");
	diags_render(&diags, false, &out);
	assert_true(out.len < 600);
	shown = strstr(out.ptr, "HERE");
	caret = strstr(out.ptr, "^~~~\n");
	assert_non_null(shown);
	assert_non_null(caret);
	assert_non_null(strstr(out.ptr, "| ...\xc3\xa4"));
	assert_non_null(strstr(out.ptr, "\xc3\xa4...\n"));
	/*
	 * Columns before the caret: bytes of its line less the gutter; of the text: "..." and 30
	 * letters.
	 */
	assert_int_equal(caret - (strrchr(out.ptr, '|') + 2), 3 + 30);
}

static void sorted_by_place(void **state)
{
	(void)state;
	AUTO(diags_release) struct diags diags;
	AUTO(str_release) struct str out = STR_INIT;

	diags_init(&diags, "f", (struct span){ .ptr = NULL });
	diags_add(&diags, DIAG_WARNING, 2, 1, 0, "d");
	diags_add(&diags, DIAG_ERROR, 2, 1, 0, "c");
	diags_add(&diags, DIAG_ERROR, 10, 1, 0, "e");
	diags_add(&diags, DIAG_ERROR, 1, 9, 0, "b");
	diags_add(&diags, DIAG_ERROR, 1, 2, 0, "a")->rule = xstrdup("Rule");
	diags_sort(&diags);
	diags_render(&diags, false, &out);
	assert_string_equal(out.ptr, "f:1:2: error: a [Rule]\n"
				     "f:1:9: error: b\n"
				     "f:2:1: error: c\n"
				     "f:2:1: warning: d\n"
				     "f:10:1: error: e\n");
}

static void more_errors_than_one_reads_are_counted(void **state)
{
	(void)state;
	AUTO(diags_release) struct diags diags;
	AUTO(err_release) struct err err = ERR_INIT;
	struct diag *last = NULL;

	diags_init(&diags, "f", (struct span){ .ptr = NULL });
	for (unsigned i = 0; i < LIMIT_DIAGS + 7; i++) {
		last = diags_add(&diags, DIAG_ERROR, i + 1, 0, 0, "x");
		last->hint = xstrdup("hint");
	}
	assert_int_equal(diags.errors, LIMIT_DIAGS + 7);
	assert_int_equal(diags.dropped, 7);
	assert_int_equal(diags.len, LIMIT_DIAGS);
	assert_int_equal(diags_check(&diags, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_true(str_has_suffix(err.message, "\nf: 7 more errors not shown"));
}

static void warnings_do_not_fail(void **state)
{
	(void)state;
	AUTO(diags_release) struct diags diags;
	AUTO(err_release) struct err err = ERR_INIT;

	diags_init(&diags, "f", (struct span){ .ptr = NULL });
	assert_int_equal(diags_check(&diags, &err), 0);
	diags_add(&diags, DIAG_WARNING, 1, 0, 0, "w");
	assert_int_equal(diags_check(&diags, &err), 0);
	diags_add(&diags, DIAG_ERROR, 2, 0, 0, "e");
	assert_int_equal(diags_check(&diags, &err), -1);
	assert_string_equal(err.message, "f:2: error: e");
}

/* What was counted, but not kept, is forgotten with the rest. */
static void truncated_to_what_was_there(void **state)
{
	(void)state;
	AUTO(diags_release) struct diags diags;

	diags_init(&diags, "f", span_of(""));
	diags_add(&diags, DIAG_ERROR, 1, 0, 0, "first");
	diags_add(&diags, DIAG_WARNING, 2, 0, 0, "second");
	for (unsigned i = 0; i < LIMIT_DIAGS + 5; i++)
		diags_add(&diags, DIAG_ERROR, 3, 0, 0, "more");
	diags_truncate(&diags, 2);
	assert_int_equal(diags.len, 2);
	assert_int_equal(diags.errors, 1);
	assert_int_equal(diags.dropped, 0);
	assert_string_equal(diags.items[1].message, "second");
}

static void colours_only_when_asked(void **state)
{
	(void)state;
	AUTO(diags_release) struct diags diags;
	AUTO(str_release) struct str out = STR_INIT;

	diags_init(&diags, "f", span_of("abc\n"));
	diags_add(&diags, DIAG_WARNING, 1, 2, 1, "w\x1b[2J");
	diags_render(&diags, true, &out);
	assert_non_null(strstr(out.ptr, "\033[1;33mwarning:\033[0m"));
	assert_non_null(strstr(out.ptr, "\033[1;33m^\033[0m"));
	assert_null(strstr(out.ptr, "\x1b[2J"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(underlines),
		cmocka_unit_test(long_lines_show_the_place),
		cmocka_unit_test(sorted_by_place),
		cmocka_unit_test(more_errors_than_one_reads_are_counted),
		cmocka_unit_test(warnings_do_not_fail),
		cmocka_unit_test(truncated_to_what_was_there),
		cmocka_unit_test(colours_only_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
