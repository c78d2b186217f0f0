#include "dockerfile/parser.h"

#include "base/limits.h"
#include "parsed.h"

static void assert_word(const struct word *word, const char *text, unsigned line, unsigned column,
			unsigned length)
{
	assert_string_equal(word->text, text);
	assert_int_equal(word->line, line);
	assert_int_equal(word->column, column);
	assert_int_equal(word->length, length);
}

static void words_know_their_place_across_continuations(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	const struct node *node = NULL;

	(void)state;
	parse(&parsed, "FROM a\n"
		       "  COPY --chown=\"1:2\" one \\\n"
		       "# comment\n"
		       "    two thr\\\n"
		       "ee /d/\n");
	assert_int_equal(parsed.result, 0);
	node = &parsed.file.tree.nodes.items[1];
	assert_int_equal(node->start, 2);
	assert_int_equal(node->end, 5);
	assert_word(&node->name, "COPY", 2, 3, 4);
	/* The quotes are no part of the text, but of the place. */
	assert_word(&node->flags.items[0], "--chown=1:2", 2, 8, 13);
	assert_word(&node->args.items[0], "one", 2, 22, 3);
	assert_word(&node->args.items[1], "two", 4, 5, 3);
	/* What a continuation splits is underlined up to the end of its first line. */
	assert_word(&node->args.items[2], "three", 4, 9, 3);
	assert_word(&node->args.items[3], "/d/", 5, 4, 3);
}

static void elements_of_json_know_their_place(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	const struct node *node = NULL;

	(void)state;
	parse(&parsed, "FROM a\nCMD [\"\\u0041b\", \\\n  \"c\"]\n");
	node = &parsed.file.tree.nodes.items[1];
	assert_true(node->json);
	assert_word(&node->args.items[0], "Ab", 2, 6, 9);
	assert_word(&node->args.items[1], "c", 3, 3, 3);
}

static void halves_of_pairs_know_their_place(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	const struct node *node = NULL;

	(void)state;
	parse(&parsed, "FROM a\nENV A=\"b c\" D=e\n");
	node = &parsed.file.tree.nodes.items[1];
	assert_int_equal(node->args.len, 6);
	assert_word(&node->args.items[0], "A", 2, 5, 1);
	assert_word(&node->args.items[1], "\"b c\"", 2, 7, 5);
	assert_word(&node->args.items[3], "D", 2, 13, 1);
	assert_word(&node->args.items[4], "e", 2, 15, 1);
}

static void heredocs_know_where_their_body_begins(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	const struct heredocs *heredocs = NULL;

	(void)state;
	parse(&parsed, "FROM a\nCOPY <<x \\\n  3<<-'y' /d/\n1\nx\n\t2\n\ty\n");
	assert_int_equal(parsed.result, 0);
	heredocs = &parsed.file.tree.nodes.items[1].heredocs;
	assert_int_equal(heredocs->len, 2);
	assert_int_equal(heredocs->items[0].line, 4);
	assert_string_equal(heredocs->items[0].content, "1\n");
	assert_true(heredocs->items[0].expand);
	assert_int_equal(heredocs->items[1].line, 6);
	assert_string_equal(heredocs->items[1].content, "\t2\n");
	assert_int_equal(heredocs->items[1].fd, 3);
	assert_false(heredocs->items[1].expand);
	assert_int_equal(parsed.file.tree.nodes.items[1].end, 7);
}

static void a_line_may_be_as_long_as_the_limit(void **state)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(parsed_release) struct parsed good;
	AUTO(parsed_release) struct parsed bad;

	(void)state;
	str_add(&text, "FROM a\nRUN ");
	while (text.len < strlen("FROM a\n") + LIMIT_DOCKERFILE_LINE)
		str_addc(&text, 'x');
	str_add(&text, "\nUSER u\n");
	parse(&good, text.ptr);
	assert_int_equal(good.result, 0);
	str_truncate(&text, text.len - strlen("\nUSER u\n"));
	str_add(&text, "x\nUSER u\n");
	parse(&bad, text.ptr);
	assert_int_equal(bad.result, -1);
	assert_int_equal(bad.diags.len, 1);
	assert_int_equal(bad.diags.items[0].line, 2);
	/* What stands behind it is read all the same. */
	assert_string_equal(bad.file.tree.nodes.items[1].name.text, "USER");
}

static void all_problems_are_told_at_once(void **state)
{
	AUTO(parsed_release) struct parsed parsed;

	(void)state;
	parse(&parsed, "# escape=x\nFROM a\nENV A\nCMD [1]\nENV B=c\nRUN <<E\n");
	assert_int_equal(parsed.diags.errors, 4);
	assert_int_equal(parsed.diags.items[0].line, 1);
	assert_int_equal(parsed.diags.items[0].column, 10);
	assert_int_equal(parsed.diags.items[1].line, 3);
	assert_int_equal(parsed.diags.items[2].line, 4);
	assert_int_equal(parsed.diags.items[3].line, 6);
	assert_int_equal(parsed.file.tree.nodes.len, 3);
}

static void an_almost_right_end_of_a_heredoc_is_pointed_out(void **state)
{
	AUTO(parsed_release) struct parsed parsed;

	(void)state;
	parse(&parsed, "FROM a\nRUN <<E\nx\n E\n");
	assert_int_equal(parsed.result, -1);
	assert_non_null(strstr(parsed.diags.items[0].hint, "line 4"));
}

/* NUL cannot stand in a C string, but the dump shows it as what it was. */
static void a_nul_survives_the_dump(void **state)
{
	static const char text[] = "FROM a\nRUN x\0y\n";
	struct span span = { .ptr = text, .len = sizeof(text) - 1 };
	AUTO(syntax_tree_release) struct syntax_tree tree = SYNTAX_TREE_INIT;
	AUTO(diags_release) struct diags diags;
	AUTO(str_release) struct str dump = STR_INIT;

	(void)state;
	diags_init(&diags, "Dockerfile", span);
	assert_int_equal(syntax_tree_parse(span, &tree, &diags), 0);
	syntax_tree_dump(&tree, &dump);
	assert_string_equal(dump.ptr, "(from \"a\")\n(run \"x\\x00y\")\n");
	assert_int_equal(diags.len, 1);
	assert_int_equal(diags.items[0].level, DIAG_WARNING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_know_their_place_across_continuations),
		cmocka_unit_test(elements_of_json_know_their_place),
		cmocka_unit_test(halves_of_pairs_know_their_place),
		cmocka_unit_test(heredocs_know_where_their_body_begins),
		cmocka_unit_test(a_line_may_be_as_long_as_the_limit),
		cmocka_unit_test(all_problems_are_told_at_once),
		cmocka_unit_test(an_almost_right_end_of_a_heredoc_is_pointed_out),
		cmocka_unit_test(a_nul_survives_the_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
