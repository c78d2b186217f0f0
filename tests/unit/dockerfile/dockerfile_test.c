#include "dockerfile/dockerfile.h"

#include "base/limits.h"

#include "parsed.h"

/* One problem in the last line: its column, words of the message and of the hint. */
static const struct {
	const char *text;
	unsigned column;
	const char *message, *hint;
} problems[] = {
	{ "FROM a\nRNU x", 1, "unknown instruction 'RNU'", "did you mean 'RUN'?" },
	{ "FROM a\nfrmo x", 1, "unknown instruction 'frmo'", "did you mean 'FROM'?" },
	{ "FROM a\nRUN x\n  && y", 3, "unknown instruction '&&'", "end that line with '\\'" },
	{ "# escape=`\nFROM a\nRUN x\n| y", 1, "unknown instruction '|'",
	  "end that line with '`'" },
	{ "FROM", 1, "FROM has no image", "FROM scratch" },
	{ "FROM a b", 8, "one word, or three", "FROM image AS name" },
	{ "FROM a AS", 8, "the name behind 'AS' is missing", "FROM image AS name" },
	{ "FROM a AS 1x", 11, "'1x' cannot be the name", "begin with a letter" },
	{ "FROM --plattform=x a", 6, "unknown flag '--plattform'", "did you mean '--platform'?" },
	{ "FROM --platform=x --platform=y a", 19, "given twice", "remove one" },
	{ "RUN x", 1, "RUN before the first FROM", "begin with FROM" },
	{ "FROM a\nCOPY x", 6, "no destination", "COPY source ... destination" },
	{ "FROM a\nADD", 1, "ADD has no argument", "ADD source ... destination" },
	{ "FROM a\nCOPY --chown 1 x y", 6, "'--chown' has no value", "--chown=VALUE" },
	{ "FROM a\nCOPY --link=yes x y", 13, "wants true or false", "--link=true" },
	{ "FROM a\nCOPY --lnik x y", 6, "unknown flag '--lnik'", "did you mean '--link'?" },
	{ "FROM a\nENV --x=y A=b", 5, "unknown flag '--x'", "ENV has no flags" },
	{ "FROM a\nENV =x", 5, "the name before '=' is missing", "name=value" },
	{ "FROM a\nENV A=b C", 9, "'C' has no '='", "quotes" },
	{ "FROM a\nARG =x", 5, "the name before '=' is missing", "ARG name=default" },
	{ "FROM a\nSHELL sh -c", 7, "SHELL wants a JSON array", "[\"/bin/bash\", \"-c\"]" },
	{ "FROM a\nSHELL []", 1, "SHELL has no argument", "SHELL [" },
	{ "FROM a\nVOLUME [\"\"]", 9, "cannot be empty", "directory" },
	{ "FROM a\nHEALTHCHECK foo", 13, "unknown type 'foo'", "HEALTHCHECK CMD" },
	{ "FROM a\nHEALTHCHECK CMD", 13, "the command behind CMD is missing",
	  "HEALTHCHECK CMD command" },
	{ "FROM a\nHEALTHCHECK NONE x", 18, "takes no argument", "remove" },
	{ "FROM a\nHEALTHCHECK --timeout=5 CMD x", 23, "'5' is no duration", "1m30s" },
	{ "FROM a\nHEALTHCHECK --timeout=1us CMD x", 23, "shorter than 1ms", "1ms" },
	{ "FROM a\nHEALTHCHECK --retries=-1 CMD x", 23, "cannot be '-1'", "number" },
	{ "FROM a\nONBUILD", 1, "ONBUILD has no instruction", "ONBUILD RUN" },
	{ "FROM a\nONBUILD FROM b", 9, "cannot trigger FROM", "every instruction but" },
	{ "FROM a\nONBUILD onbuild RUN b", 9, "cannot trigger ONBUILD", "every instruction but" },
	{ "FROM a\nRUN --network=hst x", 15, "--network cannot be 'hst'", "did you mean 'host'?" },
	{ "FROM a\nRUN --security=x x", 16, "--security cannot be 'x'", "sandbox or insecure" },
	{ "FROM a\nRUN --mount=target=/x,from=$y z", 23, "cannot hold a variable",
	  "FROM image AS name" },
	{ "FROM a\nUSER", 1, "USER has no argument", "USER name:group" },
};

static void says_where_and_what_to_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(problems); i++) {
		const char *text = problems[i].text;
		AUTO(parsed_release) struct parsed parsed;
		const struct diag *diag = NULL;
		unsigned line = 1;

		parse(&parsed, text);
		assert_row(parsed.result == -1 && parsed.diags.errors == 1, text);
		diag = &parsed.diags.items[0];
		for (const char *c = text; *c; c++)
			line += *c == '\n';
		assert_row(diag->line == line, text);
		assert_row(diag->column == problems[i].column, text);
		assert_row(strstr(diag->message, problems[i].message), text);
		assert_row(diag->hint && strstr(diag->hint, problems[i].hint), text);
	}
}

static void stages_and_globals_fall_apart(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	const struct stages *stages = &parsed.file.stages;

	(void)state;
	parse(&parsed,
	      "ARG A\nARG B=c\nFROM --platform=linux/arm64 x AS One\nRUN a\nARG C\nfrom One\n");
	assert_int_equal(parsed.result, 0);
	assert_int_equal(parsed.file.global_args.len, 2);
	assert_null(parsed.file.global_args.items[0].args.items[0].value.text);
	assert_string_equal(parsed.file.global_args.items[1].args.items[0].value.text, "c");
	assert_int_equal(stages->len, 2);
	assert_string_equal(stages->items[0].name, "one");
	assert_string_equal(stages->items[0].from.from.name.text, "One");
	assert_string_equal(stages->items[0].from.from.platform.text, "linux/arm64");
	assert_int_equal(stages->items[0].instructions.len, 2);
	assert_null(stages->items[1].name);
	assert_int_equal(stages->items[1].index, 1);
	assert_int_equal(parsed.file.all.len, 6);
}

static void a_wrong_from_still_begins_a_stage(void **state)
{
	AUTO(parsed_release) struct parsed parsed;

	(void)state;
	parse(&parsed, "FROM a b\nRUN x\nRUN y\n");
	assert_int_equal(parsed.diags.errors, 1);
	assert_int_equal(parsed.file.stages.len, 1);
	assert_int_equal(parsed.file.stages.items[0].instructions.len, 2);
}

static void the_simple_instructions_are_typed(void **state)
{
	AUTO(parsed_release) struct parsed parsed;

	(void)state;
	parse(&parsed,
	      "FROM a\nENV A b  c\nLABEL x=y z=\"1 2\"\nARG p q=$r\nWORKDIR /a b\nUSER u:g\n"
	      "EXPOSE 80 90/udp\nVOLUME [\"/v w\"]\nSTOPSIGNAL TERM\nMAINTAINER me <m@e>\nCMD []\n"
	      "ENTRYPOINT run it\nSHELL [\"sh\"]\n");
	assert_int_equal(parsed.result, 0);
	assert_true(nth(&parsed, 1)->pairs.items[0].legacy);
	assert_string_equal(nth(&parsed, 1)->pairs.items[0].value.text, "b  c");
	assert_int_equal(nth(&parsed, 2)->pairs.len, 2);
	assert_string_equal(nth(&parsed, 2)->pairs.items[1].value.text, "\"1 2\"");
	assert_int_equal(nth(&parsed, 3)->args.len, 2);
	assert_string_equal(nth(&parsed, 3)->args.items[1].value.text, "$r");
	assert_string_equal(nth(&parsed, 4)->word.text, "/a b");
	assert_string_equal(nth(&parsed, 5)->word.text, "u:g");
	assert_int_equal(nth(&parsed, 6)->words.len, 2);
	assert_string_equal(nth(&parsed, 7)->words.items[0].text, "/v w");
	assert_string_equal(nth(&parsed, 8)->word.text, "TERM");
	assert_string_equal(nth(&parsed, 9)->word.text, "me <m@e>");
	assert_true(nth(&parsed, 10)->command.exec_form);
	assert_int_equal(nth(&parsed, 10)->command.words.len, 0);
	assert_false(nth(&parsed, 11)->command.exec_form);
	assert_string_equal(nth(&parsed, 11)->command.words.items[0].text, "run it");
	assert_true(nth(&parsed, 12)->command.exec_form);
}

static void healthchecks_are_typed(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	const struct healthcheck_instruction *check = NULL;

	(void)state;
	parse(&parsed, "FROM a\nHEALTHCHECK --interval=1m30s --timeout=500ms --start-period=0 "
		       "--start-interval=2s "
		       "--retries=3 CMD [\"x\", \"y\"]\nHEALTHCHECK none\n");
	assert_int_equal(parsed.result, 0);
	check = &nth(&parsed, 1)->healthcheck;
	assert_int_equal(check->interval_ns, 90 * INT64_C(1000000000));
	assert_int_equal(check->timeout_ns, 500 * INT64_C(1000000));
	assert_int_equal(check->start_period_ns, 0);
	assert_int_equal(check->start_interval_ns, 2 * INT64_C(1000000000));
	assert_int_equal(check->retries, 3);
	assert_true(check->command.exec_form);
	assert_int_equal(check->command.words.len, 2);
	assert_true(nth(&parsed, 2)->healthcheck.none);
}

static void triggers_keep_their_text_and_are_parsed(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	const struct onbuild_instruction *onbuild = NULL;

	(void)state;
	parse(&parsed, "FROM a\nonbuild  COPY --chown=1 <<E /x\n$A\nE\n");
	assert_int_equal(parsed.result, 0);
	onbuild = &nth(&parsed, 1)->onbuild;
	assert_string_equal(onbuild->text, "COPY --chown=1 <<E /x\n$A\nE");
	assert_int_equal(onbuild->trigger->kind, INSTRUCTION_COPY);
	assert_string_equal(onbuild->trigger->copy.sources.items[0].heredoc->content, "$A\n");
}

/* Only where it is triggered does a wrong one fail the build. */
static void a_wrong_trigger_is_a_warning(void **state)
{
	AUTO(parsed_release) struct parsed parsed;

	(void)state;
	parse(&parsed, "FROM a\nONBUILD COPY x\n");
	assert_int_equal(parsed.result, 0);
	assert_int_equal(parsed.diags.len, 1);
	assert_int_equal(parsed.diags.items[0].level, DIAG_WARNING);
	assert_null(nth(&parsed, 1)->onbuild.trigger);
}

static void triggers_of_an_image_are_checked(void **state)
{
	static const char *const wrong[] = { "FROM x", "ONBUILD RUN x", "MAINTAINER x",
					     "FOO",    "COPY x",        "RUN a\nRUN b",
					     "" };
	AUTO(parsed_release) struct parsed parsed;
	AUTO(diags_release) struct diags diags;
	const struct instruction *run = NULL;

	(void)state;
	parse(&parsed, "FROM a\n");
	diags_init(&diags, "trigger", span_of(""));
	run = instruction_parse_trigger(&parsed.file, "RUN make", &diags);
	assert_non_null(run);
	assert_string_equal(run->run.script, "make");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		size_t before = diags.errors;

		assert_row(!instruction_parse_trigger(&parsed.file, wrong[i], &diags), wrong[i]);
		assert_row(diags.errors > before, wrong[i]);
	}
}

static const struct {
	const char *syntax;
	bool own;
} syntaxes[] = {
	{ "docker/dockerfile:1", true },
	{ "docker/dockerfile", true },
	{ "docker.io/docker/dockerfile-upstream:master", true },
	{ "docker/dockerfile@sha256:00", true },
	{ "docker/dockerfiles:1", false },
	{ "example.org/docker/dockerfile:1", false },
};

static void another_frontend_is_pointed_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(syntaxes); i++) {
		AUTO(freep) char *text = xasprintf("# syntax=%s\nFROM a\n", syntaxes[i].syntax);
		AUTO(parsed_release) struct parsed parsed;

		parse(&parsed, text);
		assert_row(parsed.result == 0, syntaxes[i].syntax);
		assert_row(parsed.diags.len == !syntaxes[i].own, syntaxes[i].syntax);
	}
}

/* A first line, and one that is repeated. */
static const struct {
	const char *first, *repeated;
	unsigned good;
	const char *message;
} bounds[] = {
	{ "FROM a\n", "ENV A=b\n", LIMIT_INSTRUCTIONS - 1, "instructions" },
	{ "ARG A\n", "FROM a\n", LIMIT_STAGES, "stages" },
};

static void too_long_a_file_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		AUTO(str_release) struct str text = STR_INIT;
		AUTO(parsed_release) struct parsed good;
		AUTO(parsed_release) struct parsed bad;

		str_add(&text, bounds[i].first);
		for (unsigned n = 0; n < bounds[i].good; n++)
			str_add(&text, bounds[i].repeated);
		parse(&good, text.ptr);
		assert_row(good.result == 0, bounds[i].message);
		str_add(&text, bounds[i].repeated);
		parse(&bad, text.ptr);
		assert_row(bad.result == -1 && bad.diags.len == 1, bounds[i].message);
		assert_row(strstr(bad.diags.items[0].message, bounds[i].message),
			   bounds[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_where_and_what_to_write),
		cmocka_unit_test(stages_and_globals_fall_apart),
		cmocka_unit_test(a_wrong_from_still_begins_a_stage),
		cmocka_unit_test(the_simple_instructions_are_typed),
		cmocka_unit_test(healthchecks_are_typed),
		cmocka_unit_test(triggers_keep_their_text_and_are_parsed),
		cmocka_unit_test(a_wrong_trigger_is_a_warning),
		cmocka_unit_test(triggers_of_an_image_are_checked),
		cmocka_unit_test(another_frontend_is_pointed_out),
		cmocka_unit_test(too_long_a_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
