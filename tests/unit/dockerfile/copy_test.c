#include "parsed.h"

static void copy_is_typed(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	const struct copy_instruction *copy = NULL;

	(void)state;
	parse(&parsed, "FROM a\nCOPY --from=b --chown=1:2 --chmod=u+x --link --parents "
		       "--exclude=*.o --exclude=!k.o x y /d/\n");
	assert_int_equal(parsed.result, 0);
	copy = &nth(&parsed, 1)->copy;
	assert_int_equal(copy->sources.len, 2);
	assert_string_equal(copy->sources.items[1].path.text, "y");
	assert_string_equal(copy->dest.text, "/d/");
	assert_string_equal(copy->from.text, "b");
	assert_string_equal(copy->chown.text, "1:2");
	assert_string_equal(copy->chmod.text, "u+x");
	assert_true(copy->link && copy->parents);
	assert_int_equal(copy->excludes.len, 2);
	assert_string_equal(copy->excludes.items[1].text, "!k.o");
	assert_null(copy->checksum.text);
}

static void add_is_typed(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	const struct copy_instruction *add = NULL;

	(void)state;
	parse(&parsed, "FROM a\nADD --checksum=sha256:1 --keep-git-dir=false --unpack=FALSE "
		       "--link=false x /d\nADD x /d\n"
		       "ADD --unpack x /d\n");
	assert_int_equal(parsed.result, 0);
	add = &nth(&parsed, 1)->copy;
	assert_string_equal(add->checksum.text, "sha256:1");
	assert_true(add->keep_git_dir_set);
	assert_false(add->keep_git_dir);
	assert_int_equal(add->unpack, COPY_UNPACK_NEVER);
	assert_false(add->link);
	add = &nth(&parsed, 2)->copy;
	assert_false(add->keep_git_dir_set);
	assert_int_equal(add->unpack, COPY_UNPACK_AUTO);
	assert_int_equal(nth(&parsed, 3)->copy.unpack, COPY_UNPACK_ALWAYS);
}

static void heredocs_mix_with_files(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	const struct copy_sources *sources = NULL;

	(void)state;
	parse(&parsed, "FROM a\nCOPY <<-x f <<'y' /d/\n\t1\nx\n2\ny\nCOPY [\"<<x\", \"/d\"]\n");
	assert_int_equal(parsed.result, 0);
	sources = &nth(&parsed, 1)->copy.sources;
	assert_int_equal(sources->len, 3);
	assert_string_equal(sources->items[0].heredoc->name, "x");
	assert_null(sources->items[1].heredoc);
	assert_false(sources->items[2].heredoc->expand);
	/* In JSON it is a path like any other. */
	assert_null(nth(&parsed, 2)->copy.sources.items[0].heredoc);
}

static void a_heredoc_is_no_destination(void **state)
{
	AUTO(parsed_release) struct parsed parsed;

	(void)state;
	parse(&parsed, "FROM a\nCOPY x <<E\nE\n");
	assert_int_equal(parsed.diags.errors, 1);
	assert_int_equal(parsed.diags.items[0].column, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_is_typed),
		cmocka_unit_test(add_is_typed),
		cmocka_unit_test(heredocs_mix_with_files),
		cmocka_unit_test(a_heredoc_is_no_destination),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
