#include "context/ignore.h"

#include "unit.h"

static struct ignore *make(const char *text)
{
	struct ignore *ignore = NULL;

	assert_ok(ignore_parse(span_of(text), ".dockerignore", &ignore, &err_));
	return ignore;
}

/* May a walk leave this ignored directory out? */
static const struct {
	const char *patterns, *dir;
	bool prunes;
} prunes[] = {
	{ "a\n", "a", true },
	{ "*\n!b\n", "a", true },
	{ "*\n!a/b/c\n", "a", false },
	{ "*\n!a/b/c\n", "a/b", false },
	{ "*\n!a/b/c\n", "a/x", true },
	{ "*\n!a/b/c\n", "ab", true },
	{ "*\n!*.md\n", "a", true }, /* reaches one level only */
	{ "*\n!*/*.md\n", "a", false },
	{ "*\n!*/*.md\n", "a/b", true },
	{ "*\n!**/*.md\n", "a", false },
	{ "*\n!**/*.md\n", "a/b/c", false },
	{ "*\n!a/**\n", "a", false },
	{ "*\n!a/**\n", "b", true },
	{ "!a/b\na\n", "a", true }, /* the later rule wins below as well */
	{ "*\n!a[x-z]/b\n", "ay", false },
	{ "*\n!a[x-z]/b\n", "ab", true },
};

static void prunes_where_nothing_comes_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(prunes); i++) {
		AUTO(ignore_freep) struct ignore *ignore = make(prunes[i].patterns);

		if (ignore_prunes(ignore, prunes[i].dir) != prunes[i].prunes)
			fail_msg("'%s' below '%s'", prunes[i].patterns, prunes[i].dir);
	}
}

static const struct {
	const char *patterns, *source;
	bool covered;
} sources[] = {
	{ "a\n", "a", true },
	{ "a\n", "./a", true },
	{ "a\n", "/a", true },
	{ "a\n", "a/b", true },
	{ "a/b\n", "a", false },
	{ "a\n!a/b\n", "a", false },
	{ ".*\n", ".", false },
	{ "**\n", ".", true },
	{ "*\n", ".", true },
	{ "a\n", ".", false },
	{ "", "a", false },
	/* exceptions that bring nothing of the source back */
	{ "a\n!a/c\n", "a/b", true },
	{ "a\n!b\n", "a/b", true },
	{ "a\n!x/*.c\n", "a", true },
	{ "!a/b\na\n", "a", true },
	{ "!a/b\na\n", "a/b", true },
	{ "!b\n*\n", ".", true },
	/* and those that may */
	{ "a\n!a/b\n", "a/b", false },
	{ "a\n!a/b/c\n", "a", false },
	{ "a\n!*/b\n", "a", false },
	{ "a\n!**/b\n", "a", false },
	{ "a\n!a/b.c\n", "a/*.c", false },
	{ "!a/b\na\n!a/b\n", "a", false },
	{ "**\n!a\n", "a/b", false },
	{ "*\n!b\n", ".", false },
	{ "a.d\n!a\\.d/b\n", "a.d", false },
};

static void says_whether_a_copy_is_in_vain(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		AUTO(ignore_freep) struct ignore *ignore = make(sources[i].patterns);

		if (ignore_covers_source(ignore, sources[i].source) != sources[i].covered)
			fail_msg("'%s' of '%s'", sources[i].patterns, sources[i].source);
	}
	assert_false(ignore_covers_source(NULL, "a"));
}

static const struct {
	const char *text;
	unsigned line;
	const char *message;
} wrong[] = {
	{ "a\n\n!\n", 3, "the pattern '!' names nothing" },
	{ "# x\n[a\n", 2, "malformed class in the pattern '[a'" },
	{ "[z-a]", 1, "malformed class" },
	{ "a\\", 1, "a backslash ends the pattern" },
};

static void names_the_line_of_a_wrong_pattern(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		struct ignore *ignore = NULL;

		assert_row(ignore_parse(span_of(wrong[i].text), "f", &ignore, &err) == -1,
			   wrong[i].text);
		assert_row(strstr(err.message, wrong[i].message), wrong[i].text);
		assert_int_equal(err.span.line, wrong[i].line);
	}
}

/* Go's filepath.Match, where it differs from an ignore pattern. */
static const struct {
	const char *pattern, *name;
	bool matches;
} globs[] = {
	{ "*", ".hidden", true },
	{ "*", "a/b", false },
	{ "**", "a/b", false },
	{ "a/**", "a/b", true },
	{ "a/**", "a/b/c", false },
	{ "a?c",
	  "a\xc3\xbc"
	  "c",
	  true },
	{ "[^a]b", "xb", true },
	{ "[^a]b", "ab", false },
	{ "\\*", "*", true },
	{ "\\*", "a", false },
	{ "[", "[", false },
	{ "a*b*c", "abxbc", true },
	{ "", "", true },
	{ "a", "ab", false },
};

static void globs_for_copy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(globs); i++)
		if (glob_match(globs[i].pattern, globs[i].name) != globs[i].matches)
			fail_msg("'%s' on '%s'", globs[i].pattern, globs[i].name);
	assert_true(glob_check("a*[b-d]"));
	assert_false(glob_check("a[") || glob_check("a\\"));
	assert_true(glob_is_pattern("a*") && glob_is_pattern("[a]") && glob_is_pattern("?"));
	assert_false(glob_is_pattern("a\\*b") || glob_is_pattern("plain"));
}

/* Many stars against a name that almost matches take exponential time in a naive matcher. */
static void many_stars_end(void **state)
{
	AUTO(str_release) struct str pattern = STR_INIT;
	AUTO(str_release) struct str name = STR_INIT;

	(void)state;
	for (int i = 0; i < 200; i++) {
		str_add(&pattern, "*a");
		str_add(&name, "aaaa");
	}
	str_add(&pattern, "b");
	assert_false(glob_match(pattern.ptr, name.ptr));
	str_addc(&name, 'b');
	assert_true(glob_match(pattern.ptr, name.ptr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prunes_where_nothing_comes_back),
		cmocka_unit_test(says_whether_a_copy_is_in_vain),
		cmocka_unit_test(names_the_line_of_a_wrong_pattern),
		cmocka_unit_test(globs_for_copy),
		cmocka_unit_test(many_stars_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
