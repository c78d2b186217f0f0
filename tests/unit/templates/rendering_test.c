/* The language of project templates: what comes out, and what is refused with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "templates/rendering.h"

static void set_up_values(struct strmap *values)
{
	strmap_set(values, "name", "demo");
	strmap_set(values, "empty", "");
	strmap_set(values, "yes", "true");
	strmap_set(values, "no", "false");
	strmap_set(values, "board.gpio", "/dev/gpiochip0");
	strmap_set(values, "lines", "one:\n  - two\n\nthree");
	strmap_set(values, "tags", "{{ name }}{{/if}}");
}

static void test_results(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "", "" },
		{ "plain { } text\r\n", "plain { } text\r\n" },
		{ "a {{ name }} b", "a demo b" },
		{ "{{name}}{{name}}", "demodemo" },
		{ "{{ board.gpio }}\n", "/dev/gpiochip0\n" },
		/* what a value holds is text */
		{ "<{{ tags }}>", "<{{ name }}{{/if}}>" },
		/* the braces themselves */
		{ "\\{{ name }}", "{{ name }}" },
		{ "\\\\{{", "\\{{" },
		{ "{ { }} }", "{ { }} }" },
		/* comments */
		{ "a{{! nothing }}b", "ab" },
		{ "a\n  {{! nothing }}\nb", "a\nb" },
		/* branches within a line */
		{ "{{#if yes}}a{{else}}b{{/if}}", "a" },
		{ "{{#if no}}a{{else}}b{{/if}}", "b" },
		{ "{{#if empty}}a{{else if name}}b{{else}}c{{/if}}", "b" },
		{ "{{#if yes}}a{{else if yes}}b{{else}}c{{/if}}", "a" },
		/* lines of tags are no lines of the result */
		{ "x\n{{#if yes}}\na\n{{else}}\nb\n{{/if}}\ny\n", "x\na\ny\n" },
		{ "x\n  {{#if no}}  \n  a\n  {{else}}\n  b\n  {{/if}}\ny\n", "x\n  b\ny\n" },
		{ "{{#if yes}}\r\na\r\n{{/if}}\r\n", "a\r\n" },
		{ "{{#if yes}}\na\n{{/if}}", "a\n" },
		/* branches in branches */
		{ "{{#if no}}{{#if yes}}a{{else}}b{{/if}}{{else}}c{{/if}}", "c" },
		{ "{{#if yes}}{{#if no}}a{{else}}b{{/if}}{{else}}c{{/if}}", "b" },
		{ "{{#if no}}{{#if no}}a{{else}}b{{/if}}c{{/if}}", "" },
		/* a value alone on its line: its lines are indented as it is, and nothing is no line */
		{ "a:\n  {{ lines }}\nb\n", "a:\n  one:\n    - two\n\n  three\nb\n" },
		{ "a\n  {{ empty }}\nb\n", "a\nb\n" },
		{ "a\n- {{ empty }}\nb\n", "a\n- \nb\n" },
		{ "a: {{ lines }}\n", "a: one:\n  - two\n\nthree\n" },
		{ "{{#if no}}\n{{ lines }}\n{{/if}}\n", "" },
	};
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;

	(void)state;
	set_up_values(&values);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str out = STR_INIT;
		AUTO(err_release) struct err err = ERR_INIT;

		if (rendering_expand(span_of(rows[i].text), "f", &values, &out, &err) < 0)
			fail_msg("'%s': %s", rows[i].text, err.message);
		assert_string_equal(out.ptr, rows[i].expected);
	}
}

static void test_conditions(void **state)
{
	static const struct {
		const char *text;
		bool expected;
	} rows[] = {
		{ "name", true },
		{ "empty", false },
		{ "no", false },
		{ "!no", true },
		{ "!!yes", true },
		{ "name == \"demo\"", true },
		{ "name==\"Demo\"", false },
		{ "name != \"demo\"", false },
		{ "empty == \"\"", true },
		{ "yes && name", true },
		{ "yes && no", false },
		{ "no || yes", true },
		/* && binds before || */
		{ "yes || no && no", true },
		{ "(yes || no) && no", false },
		{ "!(no || empty)", true },
		{ "!name == \"other\"", true },
		{ " ( ( board.gpio ) ) ", true },
	};
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;

	(void)state;
	set_up_values(&values);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		bool holds;

		if (condition_holds(span_of(rows[i].text), &values, &holds, &err) < 0)
			fail_msg("'%s': %s", rows[i].text, err.message);
		if (holds != rows[i].expected)
			fail_msg("'%s'", rows[i].text);
	}
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "a\nb {{ nmae }}", "f:2:3: error: unknown variable 'nmae'" },
		{ "{{ nmae }}", "did you mean 'name'?" },
		{ "{{ }}", "f:1:1: error: unknown variable ''" },
		/* in a branch that is not taken, too */
		{ "{{#if no}}{{ nmae }}{{/if}}", "f:1:11: error: unknown variable 'nmae'" },
		{ "{{#if no}}{{else if nmae}}{{/if}}", "unknown variable 'nmae'" },
		{ "{{ name \n}}", "f:1:1: error: these braces are not closed on their line" },
		{ "{{ name", "write \\{{ for the braces themselves" },
		{ "\n{{#if yes}}", "f:2:1: error: this {{#if}} has no {{/if}}" },
		{ "a{{/if}}", "f:1:2: error: there is no {{#if}} before it" },
		{ "{{else}}", "there is no {{#if}} before it" },
		{ "{{#if yes}}{{else}}{{else}}{{/if}}", "was there already" },
		{ "{{#if yes}}{{else}}{{else if no}}{{/if}}", "was there already" },
		{ "{{#each x}}", "this is no tag of templates" },
		{ "{{else unless}}", "this is no tag of templates" },
		{ "{{#if}}{{/if}}", "the condition ends where a name must stand" },
		{ "{{#if yes no}}{{/if}}", "'no': '==', '!=', '&&' or '||' must stand here" },
		{ "{{#if yes == no}}{{/if}}", "'no': a \"text\" must stand here" },
		{ "{{#if yes == \"a}}{{/if}}", "the text has no '\"' at its end" },
		{ "{{#if (yes}}{{/if}}", "the condition ends where ')' must stand" },
		{ "{{#if yes &&}}{{/if}}", "the condition ends where a name must stand" },
	};
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;

	(void)state;
	set_up_values(&values);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str out = STR_INIT;
		AUTO(err_release) struct err err = ERR_INIT;

		if (rendering_expand(span_of(rows[i].text), "f", &values, &out, &err) == 0)
			fail_msg("not refused: %s", rows[i].text);
		assert_int_equal(err.kind, ERR_INPUT);
		if (!strstr(err.message, rows[i].message))
			fail_msg("no '%s' in:\n%s", rows[i].message, err.message);
		assert_int_equal(out.len, 0);
	}
}

/* All at once, each with its place. */
static void test_problems_are_collected(void **state)
{
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;
	AUTO(str_release) struct str out = STR_INIT;
	AUTO(err_release) struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(rendering_expand(span_of("{{ a }}\n\n {{ b }}"), "f", &values, &out, &err),
			 -1);
	assert_non_null(strstr(err.message, "f:1:1: error: unknown variable 'a'"));
	assert_non_null(strstr(err.message, "f:3:2: error: unknown variable 'b'"));
}

static void test_depth_is_bounded(void **state)
{
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	bool holds;

	(void)state;
	for (int i = 0; i < 100000; i++)
		str_addc(&text, '(');
	assert_int_equal(condition_holds(str_span(&text), &values, &holds, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

/* A value that is repeated often must not fill the memory. */
static void test_size_is_bounded(void **state)
{
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;
	AUTO(str_release) struct str value = STR_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(str_release) struct str out = STR_INIT;
	AUTO(err_release) struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < 64 * LIMIT_KIB; i++)
		str_addc(&value, 'x');
	strmap_set(&values, "v", value.ptr);
	for (size_t i = 0; i <= LIMIT_TEMPLATE_FILE / value.len; i++)
		str_add(&text, "{{v}}");
	assert_int_equal(rendering_expand(str_span(&text), "f", &values, &out, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_problems_are_collected),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_size_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
