#include "dockerfile/expand.h"

#include "base/str.h"
#include "base/vec.h"
#include "unit.h"

static const char *look_up(const void *arg, const char *name)
{
	(void)arg;
	if (str_eq(name, "A"))
		return "value";
	return str_eq(name, "EMPTY") ? "" : NULL;
}

static const struct expander expander = { .lookup = look_up, .escape = '\\' };

/* What the peers' tables do not look at: where the fault is, and what the hint says. */
static const struct {
	const char *word;
	unsigned column, length;
	const char *message, *hint;
} faults[] = {
	{ "ab${", 3, 2, "bad substitution", "write ${name}" },
	{ "ab${A", 3, 3, "missing '}'", "write ${A}" },
	{ "${A b}", 1, 3, "missing '}'", "write ${A}" },
	{ "x${A^^}y", 2, 6, "unsupported modifier '^'", ":-" },
	{ "x${A:=b}y", 2, 7, "unsupported modifier ':='", ":-" },
	{ "a'b", 2, 1, "single quote", "close it" },
	{ "a\"b$A", 2, 1, "double quote", "close it" },
	{ "${A/x}", 1, 6, "missing '/'", "${name/pattern/replacement}" },
	{ "${Z:?no Z}", 1, 10, "Z: no Z", "--build-arg" },
	{ "${EMPTY:?}", 1, 10, "EMPTY: is not allowed to be empty", "--build-arg" },
	{ "a${A#\\x}", 2, 7, "invalid escape '\\x'", NULL },
};

static void tells_where_and_what(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		char *value = NULL;

		assert_row(expand_word(&expander, faults[i].word, &value, NULL, &err) == -1,
			   faults[i].word);
		assert_row(err.kind == ERR_INPUT, faults[i].word);
		assert_row(strstr(err.message, faults[i].message), faults[i].word);
		assert_int_equal(err.span.column, faults[i].column);
		assert_int_equal(err.span.length, faults[i].length);
		if (faults[i].hint)
			assert_row(err.hint && strstr(err.hint, faults[i].hint), faults[i].word);
	}
}

static char *repeat(const char *text, size_t times)
{
	struct str s = STR_INIT;

	for (size_t i = 0; i < times; i++)
		str_add(&s, text);
	return str_detach(&s);
}

static void bounds_nesting(void **state)
{
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(freep) char *open = repeat("${Z:-", 100);
	AUTO(freep) char *close = repeat("}", 100);
	AUTO(freep) char *good = xasprintf("%sx%s", open, close);
	AUTO(freep) char *bad = xasprintf("${Z:-%s}", good);
	AUTO(freep) char *value = NULL;

	(void)state;
	assert_int_equal(expand_word(&expander, good, &value, NULL, &err), 0);
	assert_string_equal(value, "x");
	assert_int_equal(expand_word(&expander, bad, &value, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static const char *large(const void *arg, const char *name)
{
	(void)name;
	return arg;
}

static void bounds_the_result(void **state)
{
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(freep) char *mebibyte = repeat("0123456789abcdef", 65536);
	struct expander of_large = { .lookup = large, .lookup_arg = mebibyte, .escape = '\\' };
	AUTO(freep) char *value = NULL;

	(void)state;
	assert_int_equal(expand_word(&of_large, "$a", &value, NULL, &err), 0);
	freep(&value);
	value = NULL;
	assert_int_equal(expand_word(&of_large, "$a$a$a$a", &value, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	err_clear(&err);
	/* A heredoc may be longer than a word. */
	assert_int_equal(expand_heredoc(&of_large, "$a$a$a$a", &value, NULL, &err), 0);
	assert_int_equal(strlen(value), 4 * 1024 * 1024);
}

/* `*a*a*a...b` against many a's is what takes exponential time in a naive matcher. */
static void bounds_the_time_of_patterns(void **state)
{
	AUTO(err_release) struct err err = ERR_INIT;
	AUTO(freep) char *value = repeat("a", 20000);
	AUTO(freep) char *stars = repeat("*a", 5000);
	AUTO(freep) char *word = xasprintf("${v##%sb}", stars);
	struct expander of_value = { .lookup = large, .lookup_arg = value, .escape = '\\' };
	char *result = NULL;

	(void)state;
	assert_int_equal(expand_word(&of_value, word, &result, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void names_come_once_and_in_order(void **state)
{
	AUTO(expand_names_release) struct expand_names names = EXPAND_NAMES_INIT;
	AUTO(freep) char *value = NULL;

	(void)state;
	assert_int_equal(expand_word(&expander, "$Z$A$Y$Z$A", &value, &names, NULL), 0);
	assert_int_equal(names.unmatched.len, 2);
	assert_string_equal(names.unmatched.items[0].key, "Z");
	assert_string_equal(names.unmatched.items[1].key, "Y");
	assert_int_equal(names.matched.len, 1);
	assert_string_equal(names.matched.items[0].key, "A");
}

static void display_shows_what_it_cannot_expand(void **state)
{
	AUTO(freep) char *broken = expand_display(&expander, "echo '$A", NULL);
	AUTO(freep) char *good = expand_display(&expander, "echo '$A' \"$A\" $Z", NULL);
	AUTO(freep) char *foreign = expand_display(&expander, "echo ${Z:^a $A} $A", NULL);

	(void)state;
	assert_string_equal(broken, "echo '$A");
	assert_string_equal(good, "echo '$A' \"value\" $Z");
	assert_string_equal(foreign, "echo ${Z:^a value} value");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_where_and_what),
		cmocka_unit_test(bounds_nesting),
		cmocka_unit_test(bounds_the_result),
		cmocka_unit_test(bounds_the_time_of_patterns),
		cmocka_unit_test(names_come_once_and_in_order),
		cmocka_unit_test(display_shows_what_it_cannot_expand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
