#include "base/path.h"

#include "unit.h"

struct one {
	const char *path, *expect;
};

static void check_all(char *(*function)(const char *), const struct one *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *got = function(rows[i].path);

		if (strcmp(got, rows[i].expect) != 0)
			fail_msg("'%s' gives '%s', not '%s'", rows[i].path, got, rows[i].expect);
		free(got);
	}
}

static void clean(void **state)
{
	(void)state;
	static const struct one rows[] = {
		/* nothing to do */
		{ "", "." },
		{ ".", "." },
		{ "/", "/" },
		{ "..", ".." },
		{ "a", "a" },
		{ "a/b", "a/b" },
		{ "/a/b", "/a/b" },
		{ "../..", "../.." },
		{ "../../a", "../../a" },
		/* slashes */
		{ "a/", "a" },
		{ "a//b", "a/b" },
		{ "//a", "/a" },
		{ "///", "/" },
		{ "/a///b//", "/a/b" },
		/* dots */
		{ "./a", "a" },
		{ "a/.", "a" },
		{ "a/./b", "a/b" },
		{ "/.", "/" },
		{ "././.", "." },
		/* dots that are names */
		{ "...", "..." },
		{ ".a/..b/c..", ".a/..b/c.." },
		/* one step back */
		{ "a/..", "." },
		{ "a/../b", "b" },
		{ "a/b/../c", "a/c" },
		{ "a/b/../../c", "c" },
		{ "a/b/../..", "." },
		{ "/a/..", "/" },
		/* above the beginning */
		{ "/..", "/" },
		{ "/../a", "/a" },
		{ "/a/../../b", "/b" },
		{ "a/../..", ".." },
		{ "a/../../b", "../b" },
		{ "../a/..", ".." },
		{ "../a/../b", "../b" },
		{ "..//../a/", "../../a" },
		{ "a/b/../../../c", "../c" },
	};

	check_all(path_clean, rows, ARRAY_SIZE(rows));
}

static void in_root(void **state)
{
	(void)state;
	static const struct one rows[] = {
		{ "", "." },           { "/", "." },          { "..", "." },    { "../..", "." },
		{ "../a//b/", "a/b" }, { "/a/../../b", "b" }, { "a/b", "a/b" }, { "///a", "a" },
	};

	check_all(path_in_root, rows, ARRAY_SIZE(rows));
}

static void dir(void **state)
{
	(void)state;
	static const struct one rows[] = {
		{ "a", "." },    { "", "." },    { "/", "/" },
		{ "/a", "/" },   { "a/b", "a" }, { "a/b/", "a/b" },
		{ "a//b", "a" }, { "//a", "/" }, { "/a/b", "/a" },
	};

	check_all(path_dir, rows, ARRAY_SIZE(rows));
}

static void base(void **state)
{
	(void)state;
	static const struct one rows[] = {
		{ "a", "a" }, { "a/b", "b" }, { "/a", "a" }, { "a/", "" }, { "/", "" }, { "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(path_base(rows[i].path), rows[i].expect);
}

static void join_and_resolve(void **state)
{
	(void)state;
	static const struct {
		const char *base, *name, *joined, *resolved;
	} rows[] = {
		{ "a", "b", "a/b", "a/b" },
		{ "a/", "b", "a/b", "a/b" },
		{ "a", "/b", "a/b", "/b" },
		{ "/", "b", "/b", "/b" },
		{ "/", "/", "/", "/" },
		{ "", "b", "b", "b" },
		{ "a", "", "a", "a" },
		{ "a//", "//b", "a/b", "/b" },
		{ "/a", "../b", "/a/../b", "/b" },
		{ "/a", "./b/", "/a/./b/", "/a/b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *joined = path_join(rows[i].base, rows[i].name);
		AUTO(freep) char *resolved = path_resolve(rows[i].base, rows[i].name);

		assert_string_equal(joined, rows[i].joined);
		assert_string_equal(resolved, rows[i].resolved);
	}
}

static void within(void **state)
{
	(void)state;
	static const struct {
		const char *path, *dir;
		bool expect;
	} rows[] = {
		{ "/a", "/a", true }, { "/a/b", "/a", true }, { "/ab", "/a", false },
		{ "/", "/", true },   { "/a", "/", true },    { "a", "/", false },
		{ "a/b", "a", true }, { "a", "a/b", false },  { "a", ".", true },
		{ ".", ".", true },   { "..", ".", false },   { "../a", ".", false },
		{ "..a", ".", true }, { "/a", ".", false },   { "/b", "/a", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(path_is_within(rows[i].path, rows[i].dir) == rows[i].expect,
			   rows[i].path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean),
		cmocka_unit_test(in_root),
		cmocka_unit_test(dir),
		cmocka_unit_test(base),
		cmocka_unit_test(join_and_resolve),
		cmocka_unit_test(within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
