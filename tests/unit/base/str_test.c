#include "base/str.h"

#include "unit.h"

static void additions(void **state)
{
	(void)state;
	AUTO(str_release) struct str s = STR_INIT;

	assert_string_equal(s.ptr, "");
	str_add(&s, "a");
	str_addc(&s, 'b');
	str_addn(&s, "cde", 2);
	str_addn(&s, NULL, 0);
	str_addf(&s, "-%d", 42);
	assert_string_equal(s.ptr, "abcd-42");
	assert_int_equal(s.len, 7);
	str_add_number(&s, 0);
	str_add_number(&s, 18446744073709551615ULL);
	assert_string_equal(s.ptr, "abcd-42018446744073709551615");
	str_truncate(&s, 2);
	str_truncate(&s, 5); /* never grows */
	assert_string_equal(s.ptr, "ab");
}

static void long_formats(void **state)
{
	(void)state;
	AUTO(str_release) struct str s = STR_INIT;

	/* Around the size of the buffer on the stack. */
	for (int width = 250; width < 260; width++) {
		str_clear(&s);
		str_addf(&s, "%*s", width, "x");
		assert_int_equal(s.len, width);
		assert_int_equal(s.ptr[width - 1], 'x');
	}
}

static void limit_drops_the_rest_and_says_so(void **state)
{
	(void)state;
	struct str s;

	str_init(&s, 5);
	str_add(&s, "abc");
	assert_false(s.overflow);
	str_add(&s, "de");
	assert_false(s.overflow);
	assert_int_equal(s.len, 5);
	str_add(&s, "");
	assert_false(s.overflow);
	str_addc(&s, 'f');
	assert_true(s.overflow);
	assert_string_equal(s.ptr, "abcde");
	str_truncate(&s, 1);
	assert_true(s.overflow);
	str_clear(&s);
	assert_false(s.overflow);
	str_addf(&s, "%s", "0123456789");
	assert_true(s.overflow);
	assert_string_equal(s.ptr, "01234");
	str_release(&s);
}

static void detach_hands_over(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	AUTO(freep) char *empty = str_detach(&s);
	AUTO(freep) char *text = NULL;

	assert_string_equal(empty, "");
	str_add(&s, "text");
	text = str_detach(&s);
	assert_string_equal(text, "text");
	assert_string_equal(s.ptr, "");
	assert_int_equal(s.cap, 0);
	str_release(&s);
}

static void codepoints(void **state)
{
	(void)state;
	static const struct {
		unsigned codepoint;
		const char *utf8;
	} rows[] = {
		{ 'A', "A" },
		{ 0x7f, "\x7f" },
		{ 0x80, "\xc2\x80" },
		{ 0x7ff, "\xdf\xbf" },
		{ 0x800, "\xe0\xa0\x80" },
		{ 0xffff, "\xef\xbf\xbf" },
		{ 0x10000, "\xf0\x90\x80\x80" },
		{ 0x10ffff, "\xf4\x8f\xbf\xbf" },
		{ 0x110000, "\xef\xbf\xbd" },
		{ 0xd800, "\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str s = STR_INIT;

		str_add_codepoint(&s, rows[i].codepoint);
		assert_string_equal(s.ptr, rows[i].utf8);
	}
}

static void trim(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expect;
	} rows[] = {
		{ "", "" }, { "  ", "" }, { "a", "a" }, { " \t a b\r\n", "a b" }, { "\va\f", "a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(span_eq(span_trim(span_of(rows[i].text)), rows[i].expect), rows[i].text);
}

static void cut(void **state)
{
	(void)state;
	struct span rest = SPAN_LIT("a=b=c");
	struct span head = { 0 };

	assert_true(span_cut(&rest, '=', &head));
	assert_true(span_eq(head, "a"));
	assert_true(span_eq(rest, "b=c"));
	assert_true(span_cut(&rest, '=', &head));
	assert_false(span_cut(&rest, '=', &head));
	assert_true(span_eq(head, "c"));
	assert_int_equal(rest.len, 0);
	rest = (struct span)SPAN_LIT("x=");
	assert_true(span_cut(&rest, '=', &head));
	assert_true(span_eq(head, "x"));
	assert_int_equal(rest.len, 0);
	rest = (struct span){ .ptr = NULL };
	assert_false(span_cut(&rest, '=', &head));
	assert_int_equal(head.len, 0);
}

static void numbers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned long long max, value;
		bool good;
	} rows[] = {
		{ "0", 10, 0, true },
		{ "10", 10, 10, true },
		{ "11", 10, 0, false },
		{ "007", 10, 7, true },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX, true },
		{ "18446744073709551616", UINT64_MAX, 0, false },
		{ "99999999999999999999", UINT64_MAX, 0, false },
		{ "", 10, 0, false },
		{ "-1", 10, 0, false },
		{ "+1", 10, 0, false },
		{ " 1", 10, 0, false },
		{ "1 ", 10, 0, false },
		{ "0x1", 10, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned long long value = 99;

		assert_row(span_to_u64(span_of(rows[i].text), rows[i].max, &value) == rows[i].good,
			   rows[i].text);
		assert_row(value == (rows[i].good ? rows[i].value : 99), rows[i].text);
	}
}

static void comparisons(void **state)
{
	(void)state;

	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq("", NULL));
	assert_true(str_eq("a", "a"));
	assert_true(str_has_prefix("sha256:ab", "sha256:"));
	assert_false(str_has_prefix("sha", "sha256:"));
	assert_true(str_has_suffix("a.tar.gz", ".gz"));
	assert_false(str_has_suffix("gz", ".gz"));
	assert_true(span_eq_nocase(span_of("Bearer"), "bEARER"));
	assert_false(span_eq_nocase(span_of("Bearer"), "bearers"));
	/* '[' and '{' differ by the bit that tells cases apart. */
	assert_false(span_eq_nocase(span_of("["), "{"));
	assert_true(span_has_prefix(span_of("ab"), ""));
	assert_false(span_has_prefix((struct span){ .ptr = "abc", .len = 1 }, "ab"));
	assert_true(span_eq((struct span){ .ptr = NULL }, ""));
}

static void duplicates_stop_where_the_span_does(void **state)
{
	(void)state;
	AUTO(freep) char *part = span_dup((struct span){ .ptr = "abc", .len = 2 });
	AUTO(freep) char *none = span_dup((struct span){ .ptr = NULL });

	assert_string_equal(part, "ab");
	assert_string_equal(none, "");
}

static void shell_words(void **state)
{
	static const struct {
		const char *word, *quoted;
	} cases[] = {
		{ "", "''" },
		{ "/var/lib/docker", "'/var/lib/docker'" },
		{ "a b;$(reboot)", "'a b;$(reboot)'" },
		{ "it's", "'it'\\''s'" },
		{ "!!", "''\\!''\\!''" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(str_release) struct str s = STR_INIT;

		str_add_shell_word(&s, cases[i].word);
		assert_string_equal(s.ptr, cases[i].quoted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(additions),
		cmocka_unit_test(long_formats),
		cmocka_unit_test(limit_drops_the_rest_and_says_so),
		cmocka_unit_test(detach_hands_over),
		cmocka_unit_test(codepoints),
		cmocka_unit_test(shell_words),
		cmocka_unit_test(trim),
		cmocka_unit_test(cut),
		cmocka_unit_test(numbers),
		cmocka_unit_test(comparisons),
		cmocka_unit_test(duplicates_stop_where_the_span_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
