#include "option.h"

#include "unit.h"

struct args {
	bool flag, on;
	const char *text;
	int number, choice;
	struct strvec list, words;
};

static const char *const colours[] = { "red", "green", "blue", NULL };

static const struct cli_option table[] = {
	OPTION_OPERANDS(struct args, words, "WORD", VALUE_TEXT, 0, 3),
	OPTION_HEADING("Things"),
	OPTION_FLAG(struct args, flag, 'f', "flag", "A flag"),
	OPTION_SWITCH(struct args, on, 0, "on", "A switch"),
	OPTION_STRING(struct args, text, 't', "text", "TEXT", VALUE_TEXT, "A text"),
	OPTION_INT(struct args, number, 'n', "number", "N", -5, 100, "A number", .fallback = "7"),
	OPTION_CHOICE(struct args, choice, 'c', "colour", "COLOUR", colours, "A colour",
		      .fallback = "blue"),
	OPTION_LIST(struct args, list, 'l', "list", "ITEM", VALUE_TEXT, "A list"),
	OPTION_END,
};

#define WORDS_MAX 8

/* Words, and everything that they are to become. */
struct good_row {
	const char *words[WORDS_MAX];
	bool flag, on;
	const char *text;
	int number, choice;
	const char *list, *operands; /* joined by commas */
};

static const struct good_row good_rows[] = {
	{ { NULL }, false, false, NULL, 7, 2, "", "" },
	{ { "-f" }, true, false, NULL, 7, 2, "", "" },
	{ { "--flag" }, true, false, NULL, 7, 2, "", "" },
	{ { "--flag=true" }, true, false, NULL, 7, 2, "", "" },
	{ { "--flag", "--flag=false" }, false, false, NULL, 7, 2, "", "" },
	{ { "--flag=1", "--on=T" }, true, true, NULL, 7, 2, "", "" },
	{ { "--on" }, false, true, NULL, 7, 2, "", "" },
	{ { "--on", "--no-on" }, false, false, NULL, 7, 2, "", "" },
	{ { "--no-on", "--on" }, false, true, NULL, 7, 2, "", "" },
	{ { "--text", "a" }, false, false, "a", 7, 2, "", "" },
	{ { "--text=a" }, false, false, "a", 7, 2, "", "" },
	{ { "--text=" }, false, false, "", 7, 2, "", "" },
	{ { "--text=a=b" }, false, false, "a=b", 7, 2, "", "" },
	{ { "--text", "-f" }, false, false, "-f", 7, 2, "", "" },
	{ { "--text", "--" }, false, false, "--", 7, 2, "", "" },
	{ { "-ta" }, false, false, "a", 7, 2, "", "" },
	{ { "-t", "a" }, false, false, "a", 7, 2, "", "" },
	{ { "-t=a" }, false, false, "a", 7, 2, "", "" },
	{ { "-t==a" }, false, false, "=a", 7, 2, "", "" },
	{ { "-ft", "a" }, true, false, "a", 7, 2, "", "" },
	{ { "-fta", "-tb" }, true, false, "b", 7, 2, "", "" },
	{ { "-n", "-5" }, false, false, NULL, -5, 2, "", "" },
	{ { "--number=100" }, false, false, NULL, 100, 2, "", "" },
	{ { "-c", "red" }, false, false, NULL, 7, 0, "", "" },
	{ { "--colour=green" }, false, false, NULL, 7, 1, "", "" },
	{ { "-la", "--list", "b", "--list=c" }, false, false, NULL, 7, 2, "a,b,c", "" },
	{ { "a", "-f", "b" }, true, false, NULL, 7, 2, "", "a,b" },
	{ { "-f", "--", "--on", "-f" }, true, false, NULL, 7, 2, "", "--on,-f" },
	{ { "a", "--", "--" }, false, false, NULL, 7, 2, "", "a,--" },
	{ { "-" }, false, false, NULL, 7, 2, "", "-" },
	{ { "" }, false, false, NULL, 7, 2, "", "" },
};

static int parse(const char *const *words, struct args *args, struct err *err)
{
	struct option_parser parser = { .options = table, .args = args, .command = "edgectl test" };

	return options_parse(&parser, (char **)(uintptr_t)words, err);
}

static void check_good(const struct good_row *row)
{
	AUTO(err_release) struct err err = ERR_INIT;
	struct args args = { .flag = false };
	AUTO(freep) char *list = NULL;
	AUTO(freep) char *operands = NULL;
	const char *name = row->words[0] ? row->words[0] : "(no words)";

	if (parse(row->words, &args, &err) < 0)
		fail_msg("row '%s': %s", name, err.message);
	list = strvec_join(&args.list, ",");
	operands = strvec_join(&args.words, ",");
	assert_row(args.flag == row->flag, name);
	assert_row(args.on == row->on, name);
	assert_row(str_eq(args.text, row->text), name);
	assert_row(args.number == row->number, name);
	assert_row(args.choice == row->choice, name);
	assert_row(str_eq(list, row->list), name);
	assert_row(str_eq(operands, row->operands), name);
	options_release(table, &args);
}

static void test_good_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good_rows); i++)
		check_good(&good_rows[i]);
}

#define SEE "see 'edgectl test --help'"

static const struct {
	const char *words[WORDS_MAX];
	const char *message, *hint;
} bad_rows[] = {
	{ { "--frobnicate" }, "unknown option '--frobnicate'", SEE },
	{ { "--flga" },
	  "unknown option '--flga'",
	  "did you mean '--flag'? See 'edgectl test --help'" },
	{ { "--no-onn" },
	  "unknown option '--no-onn'",
	  "did you mean '--no-on'? See 'edgectl test --help'" },
	{ { "--fl" }, "unknown option '--fl'", SEE },
	{ { "--no-flag" },
	  "unknown option '--no-flag'",
	  "did you mean '--flag'? See 'edgectl test --help'" },
	{ { "-x" }, "unknown option '-x'", SEE },
	{ { "-fx" }, "unknown option '-x'", SEE },
	{ { "--text" }, "option '--text' needs a value: TEXT", SEE },
	{ { "-t" }, "option '-t' needs a value: TEXT", SEE },
	{ { "-ft" }, "option '-t' needs a value: TEXT", SEE },
	{ { "--flag=maybe" }, "option '--flag': 'maybe' is neither true nor false", SEE },
	{ { "--no-on=true" }, "option '--no-on' takes no value", SEE },
	{ { "--help=1" }, "option '--help' takes no value", SEE },
	{ { "-n", "101" }, "option '-n': '101' is not a number from -5 to 100", SEE },
	{ { "-n", "-6" }, "option '-n': '-6' is not a number from -5 to 100", SEE },
	{ { "-n", "1x" }, "option '-n': '1x' is not a number from -5 to 100", SEE },
	{ { "-n", "" }, "option '-n': '' is not a number from -5 to 100", SEE },
	{ { "-n", "99999999999999999999" },
	  "option '-n': '99999999999999999999' is not a number from -5 to 100",
	  SEE },
	{ { "-c", "gren" },
	  "option '-c': 'gren' is not one of red, green, blue",
	  "did you mean 'green'? See 'edgectl test --help'" },
	{ { "-c", "RED!!!!" }, "option '-c': 'RED!!!!' is not one of red, green, blue", SEE },
	{ { "a", "b", "c", "d" }, "unexpected word 'd'", SEE },
};

static void test_bad_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_rows); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		struct args args = { .flag = false };

		assert_row(parse(bad_rows[i].words, &args, &err) < 0, bad_rows[i].message);
		assert_string_equal(err.message, bad_rows[i].message);
		assert_string_equal(err.hint, bad_rows[i].hint);
		assert_int_equal(err.kind, ERR_USAGE);
		options_release(table, &args);
	}
}

struct default_row {
	const char *option;
	const char *words[3];
	size_t count;
};

/* As files and variables give them: by the option's name. */
static int find_default(void *context, const struct cli_option *option, struct option_default *ret,
			struct err *err)
{
	(void)err;
	for (const struct default_row *row = context; row->option; row++) {
		if (str_eq(row->option, option->name))
			*ret = (struct option_default){ .words = row->words,
							.count = row->count,
							.source = "edgectl.yaml:3" };
	}
	return 0;
}

static int parse_with(const struct default_row *defaults, const char *const *words,
		      struct args *args, struct err *err)
{
	struct option_parser parser = { .options = table,
					.args = args,
					.command = "edgectl test",
					.find_default = find_default,
					.context = (void *)(uintptr_t)defaults };

	return options_parse(&parser, (char **)(uintptr_t)words, err);
}

static void test_defaults_from_elsewhere(void **state)
{
	static const struct default_row defaults[] = {
		{ "text", { "default" }, 1 }, { "list", { "b", "c" }, 2 },
		{ "flag", { "true" }, 1 },    { "number", { "42" }, 1 },
		{ "WORD", { "operand" }, 1 }, { NULL, { NULL }, 0 },
	};
	static const char *const none[] = { NULL };
	static const char *const given[] = {
		"--text=word", "-lb", "-n3", "--flag=false", "x", NULL
	};
	struct args args = { .flag = false };
	struct args args_given = { .flag = false };

	(void)state;
	assert_int_equal(parse_with(defaults, none, &args, NULL), 0);
	assert_string_equal(args.text, "default");
	assert_int_equal(args.list.len, 2);
	assert_true(args.flag);
	assert_int_equal(args.number, 42);
	assert_int_equal(args.words.len, 1);
	assert_string_equal(args.words.items[0], "operand");
	assert_int_equal(args.choice, 2); /* the table's */
	/* Words replace it as a whole. */
	assert_int_equal(parse_with(defaults, given, &args_given, NULL), 0);
	assert_string_equal(args_given.text, "word");
	assert_int_equal(args_given.list.len, 1);
	assert_int_equal(args_given.number, 3);
	assert_false(args_given.flag);
	assert_int_equal(args_given.words.len, 1);
	assert_string_equal(args_given.words.items[0], "x");
	options_release(table, &args);
	options_release(table, &args_given);
}

static void test_a_wrong_default_says_where_it_stands(void **state)
{
	static const struct default_row defaults[] = { { "number", { "1000" }, 1 },
						       { NULL, { NULL }, 0 } };
	static const char *const none[] = { NULL };
	struct args args = { .flag = false };
	AUTO(err_release) struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(parse_with(defaults, none, &args, &err), -1);
	assert_string_equal(err.message, "edgectl.yaml:3: '1000' is not a number from -5 to 100");
	options_release(table, &args);
}

/* As --platform, whose default is out of place where --board says what is meant. */
static void test_an_option_keeps_the_default_of_another_away(void **state)
{
	static const struct cli_option options[] = {
		OPTION_LIST(struct args, list, 0, "platform", "P", VALUE_TEXT, "Platforms",
			    .yields_to = "board"),
		OPTION_STRING(struct args, text, 0, "board", "B", VALUE_TEXT, "A board"),
		OPTION_END,
	};
	AUTO(strvec_release) struct strvec words = STRVEC_INIT;
	struct args args = { .flag = false };
	static const struct default_row defaults[] = { { "platform", { "env" }, 1 },
						       { NULL, { NULL }, 0 } };
	struct option_parser parser = { .options = options,
					.args = &args,
					.command = "test",
					.find_default = find_default,
					.context = (void *)(uintptr_t)defaults };

	(void)state;
	assert_int_equal(options_parse(&parser, strvec_argv(&words), NULL), 0);
	assert_string_equal(args.list.items[0], "env");
	strvec_clear(&args.list);
	strvec_add(&words, "--board=b");
	assert_int_equal(options_parse(&parser, strvec_argv(&words), NULL), 0);
	assert_int_equal(args.list.len, 0);
	strvec_add(&words, "--platform=p");
	assert_int_equal(options_parse(&parser, strvec_argv(&words), NULL), 0);
	assert_string_equal(args.list.items[0], "p");
	options_release(options, &args);
}

static void test_help_stops_parsing(void **state)
{
	const char *words[] = { "-f", "--help", "--wrong", NULL };
	struct args args = { .flag = false };
	struct option_parser parser = { .options = table,
					.args = &args,
					.command = "edgectl test" };

	(void)state;
	assert_int_equal(options_parse(&parser, (char **)(uintptr_t)words, NULL), 0);
	assert_true(parser.help_wanted);
	options_release(table, &args);
}

static void test_stop_at_operand(void **state)
{
	const char *words[] = { "-f", "command", "--wrong", NULL };
	struct args args = { .flag = false };
	struct option_parser parser = {
		.options = table, .args = &args, .command = "edgectl", .stop_at_operand = true
	};

	(void)state;
	assert_int_equal(options_parse(&parser, (char **)(uintptr_t)words, NULL), 0);
	assert_true(args.flag);
	assert_string_equal(parser.rest[0], "command");
	options_release(table, &args);
}

static void test_operands(void **state)
{
	static const char *const shells[] = { "bash", "zsh", NULL };
	static const struct cli_option strict[] = {
		OPTION_OPERANDS(struct args, words, "SHELL", VALUE_CHOICE, 1, 1, .choices = shells),
		OPTION_END,
	};
	static const struct {
		const char *words[3];
		const char *message; /* NULL = good */
	} rows[] = {
		{ { NULL }, "missing SHELL" },
		{ { "zsh" }, NULL },
		{ { "zsg" }, "SHELL: 'zsg' is not one of bash, zsh" },
		{ { "zsh", "bash" }, "unexpected word 'bash'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		struct args args = { .flag = false };
		struct option_parser parser = { .options = strict,
						.args = &args,
						.command = "edgectl x" };
		int status = options_parse(&parser, (char **)(uintptr_t)rows[i].words, &err);

		assert_int_equal(status, rows[i].message ? -1 : 0);
		if (rows[i].message)
			assert_string_equal(err.message, rows[i].message);
		options_release(strict, &args);
	}
}

static void tells_which_words_repeat(void **state)
{
	static const struct {
		const char *words;
		int max;
		bool want;
	} rows[] = {
		{ "IMAGE", 1, false },           { "IMAGE", 0, true },
		{ "SOURCE TARGET", 2, false },   { "SOURCE TARGET", 0, true },
		{ "FLEET [RELEASE]", 2, false }, { "[COMMAND]", 2, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cli_option operands = { .value_name = rows[i].words,
						     .max = rows[i].max };

		assert_row(option_repeats(&operands) == rows[i].want, rows[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_words),
		cmocka_unit_test(tells_which_words_repeat),
		cmocka_unit_test(test_bad_words),
		cmocka_unit_test(test_defaults_from_elsewhere),
		cmocka_unit_test(test_a_wrong_default_says_where_it_stands),
		cmocka_unit_test(test_an_option_keeps_the_default_of_another_away),
		cmocka_unit_test(test_help_stops_parsing),
		cmocka_unit_test(test_stop_at_operand),
		cmocka_unit_test(test_operands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
