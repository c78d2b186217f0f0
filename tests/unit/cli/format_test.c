#include "format.h"

#include "unit.h"

static void test_size(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0B" },
		{ 999, "999B" },
		{ 1000, "1.0kB" },
		{ 2149, "2.1kB" },
		{ 99949, "99.9kB" },
		{ 99950, "100kB" },
		{ 999499, "999kB" },
		{ 999500, "1.0MB" },
		{ 14900000, "14.9MB" },
		{ 5000000000, "5.0GB" },
		{ UINT64_MAX, "18.4EB" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str text = STR_INIT;

		format_size(&text, rows[i].bytes);
		assert_string_equal(text.ptr, rows[i].text);
	}
}

static void test_elapsed(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {
		{ 0, "0.0s" },
		{ SECOND / 20, "0.1s" },
		{ 12 * SECOND + 300000000, "12.3s" },
		{ 99 * SECOND, "99.0s" },
		{ 100 * SECOND, "1m40s" },
		{ 245 * SECOND, "4m05s" },
		{ 7380 * SECOND, "2h03m" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str text = STR_INIT;

		format_elapsed(&text, rows[i].ns);
		assert_string_equal(text.ptr, rows[i].text);
	}
}

static void test_age(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ -5, "just now" },
		{ 1, "just now" },
		{ 2, "2 seconds ago" },
		{ 119, "119 seconds ago" },
		{ 120, "2 minutes ago" },
		{ 7199, "119 minutes ago" },
		{ 7200, "2 hours ago" },
		{ 36 * 3600, "36 hours ago" },
		{ 3 * 86400, "3 days ago" },
		{ 35 * 86400, "5 weeks ago" },
		{ 90 * 86400, "3 months ago" },
		{ 800 * 86400, "2 years ago" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str text = STR_INIT;

		format_age(&text, rows[i].seconds);
		assert_string_equal(text.ptr, rows[i].text);
	}
}

static void test_wrapped(void **state)
{
	static const struct {
		const char *text;
		unsigned column, indent, width;
		const char *wrapped;
	} rows[] = {
		{ "one two three", 0, 0, 7, "one two\nthree\n" },
		{ "one two three", 0, 0, 6, "one\ntwo\nthree\n" },
		{ "one two three", 4, 4, 11, "one two\n    three\n" },
		{ "incomprehensible x", 0, 2, 5, "incomprehensible\n  x\n" },
		{ "a b\n\nc d", 0, 2, 80, "a b\n\n  c d\n" },
		{ "a\nb", 0, 1, 80, "a\n b\n" },
		{ "", 0, 0, 80, "\n" },
		{ "\xe6\xbc\xa2\xe5\xad\x97 x", 0, 0, 5, "\xe6\xbc\xa2\xe5\xad\x97\nx\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str text = STR_INIT;

		format_wrapped(&text, rows[i].text, rows[i].column, rows[i].indent, rows[i].width);
		assert_string_equal(text.ptr, rows[i].wrapped);
	}
}

static void test_fitted(void **state)
{
	static const struct {
		const char *text;
		unsigned width;
		const char *fitted;
	} rows[] = {
		{ "hello", 5, "hello" },
		{ "hello world", 8, "hello..." },
		{ "hello", 3, "..." },
		{ "hello", 2, ".." },
		{ "hello", 0, "" },
		{ "", 0, "" },
		/* Two columns each; a half of one does not fit. */
		{ "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 6,
		  "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2" },
		{ "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 5, "\xe6\xbc\xa2..." },
		{ "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 4, "..." },
		/* Nothing that moves a cursor or turns the writing round gets through. */
		{ "a\033[2Jb\nc", 20, "a[2Jbc" },
		{ "a\xe2\x80\xae"
		  "b",
		  20, "ab" },
		{ "a\xff"
		  "b",
		  20, "a?b" },
		/* A combining accent has no width of its own. */
		{ "e\xcc\x81x", 2, "e\xcc\x81x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str text = STR_INIT;

		format_fitted(&text, span_of(rows[i].text), rows[i].width);
		assert_string_equal(text.ptr, rows[i].fitted);
		assert_row(format_width(str_span(&text)) <= rows[i].width, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),   cmocka_unit_test(test_elapsed),
		cmocka_unit_test(test_age),    cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_fitted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
