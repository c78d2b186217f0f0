#include "step_output.h"

#include "base/alloc.h"
#include "base/vec.h"
#include "unit.h"

static void collect(void *data, const char *line)
{
	strvec_add(data, line);
}

static const struct {
	const char *pieces[6];
	const char *lines; /* complete ones, joined by '|' */
} rows[] = {
	{ { "one\ntwo\n" }, "one|two" },
	{ { "o", "ne\nt", "wo", "\n" }, "one|two" },
	{ { "\n\n" }, "|" },
	{ { "no newline" }, "" },
	{ { "10%\r20%\r30%\ndone\n" }, "30%|done" },
	{ { "line\r\nnext\r\n" }, "line|next" },
	{ { "line\r", "\nnext\r", "\n" }, "line|next" },
	{ { "a\tb\n" }, "a       b" },
	{ { "12345678\tb\n" }, "12345678        b" },
	{ { "ab\bc\n" }, "ac" },
	{ { "\bx\n" }, "x" },
	{ { "bell\a\n" }, "bell" },
	{ { "\033[1;31mred\033[0m\n" }, "red" },
	{ { "\033", "[", "3", "1mred\n" }, "red" },
	{ { "\033]0;title\atext\n" }, "text" },
	{ { "\033]8;;http://x\033\\link\033]8;;\033\\\n" }, "link" },
	{ { "\033(Bplain\n" }, "plain" },
	{ { "\033[31\nnext\n" }, "|next" },
	{ { "\033P1;2qdata\033\\x\n" }, "x" },
	{ { "\xc3\xa4\n" }, "\xc3\xa4" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(step_output_release) struct step_output output = { .count = 0 };
		AUTO(strvec_release) struct strvec lines = STRVEC_INIT;
		AUTO(freep) char *joined = NULL;

		for (const char *const *piece = rows[i].pieces; *piece; piece++)
			step_output_add(&output, 1, span_of(*piece), collect, &lines);
		joined = strvec_join(&lines, "|");
		assert_string_equal(joined, rows[i].lines);
	}
}

static void test_streams_do_not_mix(void **state)
{
	AUTO(step_output_release) struct step_output output = { .count = 0 };
	AUTO(strvec_release) struct strvec lines = STRVEC_INIT;
	AUTO(freep) char *joined = NULL;

	(void)state;
	step_output_add(&output, 1, SPAN_LIT("out"), collect, &lines);
	step_output_add(&output, 2, SPAN_LIT("err\n"), collect, &lines);
	step_output_add(&output, 1, SPAN_LIT("put\n"), collect, &lines);
	joined = strvec_join(&lines, "|");
	assert_string_equal(joined, "err|output");
}

static void test_end_completes_the_last_line(void **state)
{
	AUTO(step_output_release) struct step_output output = { .count = 0 };
	AUTO(strvec_release) struct strvec lines = STRVEC_INIT;

	(void)state;
	step_output_add(&output, 1, SPAN_LIT("last"), collect, &lines);
	assert_int_equal(lines.len, 0);
	step_output_end(&output, collect, &lines);
	step_output_end(&output, collect, &lines);
	assert_int_equal(lines.len, 1);
	assert_string_equal(lines.items[0], "last");
}

static void test_keeps_the_last_lines(void **state)
{
	AUTO(step_output_release) struct step_output output = { .count = 0 };
	const char *last[STEP_OUTPUT_LINES];

	(void)state;
	for (int i = 0; i < 3 * STEP_OUTPUT_LINES + 1; i++) {
		char line[16];

		snprintf(line, sizeof(line), "%d\n", i);
		step_output_add(&output, 1, span_of(line), NULL, NULL);
	}
	step_output_add(&output, 2, SPAN_LIT("open"), NULL, NULL);
	assert_int_equal(step_output_last(&output, 3, last), 3);
	assert_string_equal(last[0], "59");
	assert_string_equal(last[1], "60");
	assert_string_equal(last[2], "open");
	assert_int_equal(step_output_last(&output, STEP_OUTPUT_LINES, last), STEP_OUTPUT_LINES);
	assert_string_equal(last[0], "42");
	assert_int_equal(step_output_last(&output, 0, last), 0);
}

/* A program that never ends its line must not fill our memory. */
static void test_endless_line(void **state)
{
	AUTO(step_output_release) struct step_output output = { .count = 0 };
	AUTO(freep) char *block = xmalloc(4096);
	const char *last[1];

	(void)state;
	memset(block, 'x', 4096);
	for (int i = 0; i < 100; i++)
		step_output_add(&output, 1, (struct span){ .ptr = block, .len = 4096 }, NULL, NULL);
	step_output_end(&output, NULL, NULL);
	assert_int_equal(step_output_last(&output, 1, last), 1);
	assert_true(strlen(last[0]) <= STEP_OUTPUT_LINE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_streams_do_not_mix),
		cmocka_unit_test(test_end_completes_the_last_line),
		cmocka_unit_test(test_keeps_the_last_lines),
		cmocka_unit_test(test_endless_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
