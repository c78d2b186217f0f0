#include "dockerfile/lint.h"

#include "parsed.h"

struct linted {
	struct parsed parsed;
	struct strmap build_args;
};

static void lint(struct linted *linted, const char *text, bool all_stages)
{
	struct lint_request request = { .scope = { .build_args = &linted->build_args,
						   .build_platform = "linux/amd64",
						   .target_platform = "linux/arm64" },
					.all_stages = all_stages };

	*linted = (struct linted){ .build_args = STRMAP_INIT };
	parse(&linted->parsed, text);
	lint_run(&linted->parsed.file, &request, &linted->parsed.diags);
	diags_sort(&linted->parsed.diags);
}

static void linted_release(struct linted *linted)
{
	parsed_release(&linted->parsed);
	strmap_release(&linted->build_args);
}

/* One violation: where its underline is. The peers' cases have the rules themselves. */
static const struct {
	const char *text, *rule;
	unsigned line, column, length;
} places[] = {
	{ "FROM a AS Bad\n", "StageNameCasing", 1, 11, 3 },
	{ "FROM a as b\n", "FromAsCasing", 1, 8, 2 },
	{ "FROM a\ncopy x y\nRUN a\n", "ConsistentInstructionCasing", 2, 1, 4 },
	{ "FROM a\nENV A=b \\\n  C=x${Nope}y\n", "UndefinedVar", 3, 6, 7 },
	{ "FROM a\nCOPY $no /x\n", "UndefinedVar", 2, 6, 3 },
	{ "FROM a\nARG self=${self}x\n", "UndefinedVar", 2, 10, 7 },
	{ "FROM x${NO}\n", "UndefinedArgInFrom", 1, 7, 5 },
	{ "FROM a\nENV \\\n  A=b token=c\n", "SecretsUsedInArgOrEnv", 3, 7, 5 },
	{ "FROM a\nEXPOSE 1 2/UDP\n", "ExposeProtoCasing", 2, 10, 5 },
	{ "FROM a\nEXPOSE 1 3:2\n", "ExposeInvalidFormat", 2, 10, 3 },
	{ "FROM a\nWORKDIR b\n", "WorkdirRelativePath", 2, 9, 1 },
	{ "FROM --platform=linux/arm64 a\n", "FromPlatformFlagConstDisallowed", 1, 17, 11 },
	{ "FROM a\nENV b c\n", "LegacyKeyValueFormat", 2, 5, 1 },
};

static void underlines_the_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		AUTO(linted_release) struct linted linted;
		const struct diag *diag = NULL;

		lint(&linted, places[i].text, false);
		assert_row(linted.parsed.diags.len == 1, places[i].text);
		diag = &linted.parsed.diags.items[0];
		assert_row(str_eq(diag->rule, places[i].rule), places[i].text);
		assert_int_equal(diag->level, DIAG_WARNING);
		assert_row(diag->line == places[i].line && diag->column == places[i].column,
			   places[i].text);
		assert_row(diag->length == places[i].length, places[i].text);
	}
}

/* What fails only when the stage is evaluated: line, column and words of the message. */
static const struct {
	const char *text;
	unsigned line, column;
	const char *message;
} errors[] = {
	{ "FROM a\nENV A=x${B\n", 2, 8, "missing '}'" },
	{ "FROM a\nENV A=\nVOLUME /x $A\n", 3, 11, "cannot be empty" },
	{ "FROM a\nARG A=8\nCOPY --chmod=${A} x y\n", 3, 14, "invalid --chmod value '8'" },
	{ "FROM a\nCOPY --from=b x y\nFROM c AS b\n", 2, 13, "defined later" },
	{ "FROM a\nRUN --mount=target=/x,from=7 y\n", 2, 13, "there is no stage 7" },
	{ "FROM a\nRUN --mount=target=/x,tpye=cache y\n", 2, 23, "unknown mount option" },
	{ "FROM a\nCOPY \"a b\" /\n", 2, 6, "quotes do not keep" },
	{ "FROM a\nCOPY <<E /x\nab\n  ${c\nE\n", 4, 3, "missing '}'" },
	{ "FROM a\nEXPOSE 70000\n", 2, 8, "is no port" },
	{ "FROM a\nSTOPSIGNAL NO\n", 2, 12, "no signal" },
	{ "FROM --platform=a/ b\n", 1, 17, "platform 'a/'" },
	{ "ARG I\nFROM $I\n", 2, 6, "is empty" },
	{ "ARG A=${B\nFROM a\n", 1, 7, "missing '}'" },
	/* A trigger of a stage of this file goes off at the FROM that is built on it. */
	{ "FROM a AS b\nONBUILD WORKDIR ${x\nFROM b\n", 3, 6, "missing '}'" },
};

static void tells_what_cannot_be_evaluated(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		AUTO(linted_release) struct linted linted;
		const struct diag *diag = NULL;
		size_t at = 0;

		lint(&linted, errors[i].text, true);
		assert_row(linted.parsed.diags.errors == 1, errors[i].text);
		while (linted.parsed.diags.items[at].level != DIAG_ERROR)
			at++;
		diag = &linted.parsed.diags.items[at];
		assert_row(diag->line == errors[i].line && diag->column == errors[i].column,
			   errors[i].text);
		assert_row(strstr(diag->message, errors[i].message), errors[i].text);
	}
}

static void a_stage_nobody_needs_has_a_base_all_the_same(void **state)
{
	static const struct {
		const char *text;
		size_t errors;
	} cases[] = {
		{ "FROM Up\nENV A=${B\nFROM a\n", 1 },
		{ "FROM x:y:z\nFROM a\n", 1 },
		{ "FROM a AS b\nFROM b\nFROM scratch\nFROM c\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(linted_release) struct linted linted;

		lint(&linted, cases[i].text, false);
		assert_row(linted.parsed.diags.errors == cases[i].errors, cases[i].text);
		if (cases[i].errors)
			assert_int_equal(linted.parsed.diags.items[0].line, 1);
	}
}

static void a_slip_in_the_name_of_a_stage_is_pointed_out(void **state)
{
	AUTO(linted_release) struct linted linted;

	(void)state;
	lint(&linted, "FROM a AS build\nFROM b\nCOPY --from=biuld x y\nCOPY --from=debian x y\n",
	     true);
	assert_int_equal(linted.parsed.diags.len, 1);
	assert_int_equal(linted.parsed.diags.items[0].line, 3);
	assert_int_equal(linted.parsed.diags.items[0].level, DIAG_WARNING);
	assert_string_equal(linted.parsed.diags.items[0].hint, "did you mean 'build'?");
}

static void only_needed_stages_count_in_a_build(void **state)
{
	static const char text[] = "FROM a AS one\nENV X=$no\nFROM a AS two\nENV X=$no\n"
				   "FROM a AS three\nENV X=$no\nFROM a\nCOPY --from=one x y\n"
				   "RUN --mount=target=/x,from=two z\n";
	AUTO(linted_release) struct linted some;
	AUTO(linted_release) struct linted all;

	(void)state;
	lint(&some, text, false);
	assert_int_equal(some.parsed.diags.len, 2);
	assert_int_equal(some.parsed.diags.items[1].line, 4);
	lint(&all, text, true);
	assert_int_equal(all.parsed.diags.len, 3);
}

static const struct {
	const char *text;
	bool good;
	enum lint_rule rule;
	bool skipped, experimental, error;
} configs[] = {
	{ "", true, LINT_UNDEFINED_VAR, false, false, false },
	{ "skip=UndefinedVar", true, LINT_UNDEFINED_VAR, true, false, false },
	{ "skip=StageNameCasing , undefinedvar", true, LINT_UNDEFINED_VAR, true, false, false },
	{ "skip=all;error=true", true, LINT_UNDEFINED_VAR, true, false, true },
	{ "error=false;experimental=InvalidDefinitionDescription;skip=X", true,
	  LINT_INVALID_DEFINITION_DESCRIPTION, false, true, false },
	{ "experimental=all", true, LINT_INVALID_DEFINITION_DESCRIPTION, false, true, false },
	{ "foo=bar", false, LINT_UNDEFINED_VAR, false, false, false },
	{ "skip", false, LINT_UNDEFINED_VAR, false, false, false },
};

static void configurations(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		struct lint_config config = { 0 };
		uint32_t bit = (uint32_t)1 << configs[i].rule;
		int result = lint_config_parse(configs[i].text, &config, NULL, &err);

		assert_row((result == 0) == configs[i].good, configs[i].text);
		if (result < 0)
			continue;
		assert_row(!!(config.skip & bit) == configs[i].skipped, configs[i].text);
		assert_row(!!(config.experimental & bit) == configs[i].experimental,
			   configs[i].text);
		assert_row(config.error == configs[i].error, configs[i].text);
	}
}

static void unknown_rules_are_pointed_out(void **state)
{
	AUTO(linted_release) struct linted linted;
	const struct diag *diag = NULL;

	(void)state;
	lint(&linted, "# check=skip=UndefinedVr\nFROM a\n", true);
	assert_int_equal(linted.parsed.diags.len, 1);
	diag = &linted.parsed.diags.items[0];
	assert_int_equal(diag->level, DIAG_WARNING);
	assert_null(diag->rule);
	assert_string_equal(diag->hint, "did you mean 'UndefinedVar'?");
}

/* The place is the word's, but the line that is reported is the instruction's. */
static void json_has_the_first_line_of_the_instruction(void **state)
{
	AUTO(linted_release) struct linted linted;
	json_t *json = NULL;
	const json_t *warning = NULL;

	(void)state;
	lint(&linted, "FROM a\nENV A=b \\\n\n C=$no\n", true);
	json = lint_to_json(&linted.parsed.file, &linted.parsed.diags);
	assert_int_equal(json_array_size(json), 2);
	warning = json_array_get(json, 0);
	assert_string_equal(json_string_value(json_object_get(warning, "rule")), "UndefinedVar");
	assert_int_equal(json_integer_value(json_object_get(warning, "line")), 2);
	warning = json_array_get(json, 1);
	assert_string_equal(json_string_value(json_object_get(warning, "rule")),
			    "NoEmptyContinuation");
	assert_int_equal(json_integer_value(json_object_get(warning, "line")), 4);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(underlines_the_word),
		cmocka_unit_test(tells_what_cannot_be_evaluated),
		cmocka_unit_test(a_slip_in_the_name_of_a_stage_is_pointed_out),
		cmocka_unit_test(a_stage_nobody_needs_has_a_base_all_the_same),
		cmocka_unit_test(only_needed_stages_count_in_a_build),
		cmocka_unit_test(configurations),
		cmocka_unit_test(unknown_rules_are_pointed_out),
		cmocka_unit_test(json_has_the_first_line_of_the_instruction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
