/* What builds but is hardly ever meant; and lines that begin with no instruction. */
#include "dockerfile/lint.h"

#include "parsed.h"

struct linted {
	struct parsed parsed;
};

static void lint(struct linted *linted, const char *text)
{
	struct lint_request request = { .scope = { .build_platform = "linux/amd64",
						   .target_platform = "linux/arm64" },
					.all_stages = true };

	parse(&linted->parsed, text);
	lint_run(&linted->parsed.file, &request, &linted->parsed.diags);
	diags_sort(&linted->parsed.diags);
}

static void linted_release(struct linted *linted)
{
	parsed_release(&linted->parsed);
}

/* One warning without a rule: where it is, and a part of what it says. */
static const struct {
	const char *text;
	unsigned line, column, length;
	const char *says;
} slips[] = {
	{ "FROM a\nUSER app # it\n", 2, 10, 1, "begins no comment" },
	{ "FROM a\nCOPY x y # it\n", 2, 10, 1, "begins no comment" },
	{ "FROM a\nRUN x \\\n  && y \\\nWORKDIR /z\n", 4, 1, 7, "continues the RUN of line 2" },
	{ "FROM a\nRUN x \\\n# c\n\tFROM \\\nCOPY a b\n", 5, 1, 4, "continues the RUN of line 2" },
	{ "FROM a\nENV A=\xe2\x80\x9cx\xe2\x80\x9d\n", 2, 7, 7, "typographic" },
	{ "FROM a\nARG A=\xe2\x80\x98x\xe2\x80\x99\n", 2, 7, 7, "typographic" },
	{ "FROM a\nRUN ['x', 'y']\n", 2, 5, 10, "no JSON array" },
	{ "FROM a\nCOPY ['x', 'y']\n", 2, 6, 5, "no JSON array" },
	{ "FROM a\nVOLUME ['/x']\n", 2, 8, 6, "no JSON array" },
	{ "FROM a\nCOPY --chown=:5 x y\n", 2, 14, 2, "names no user" },
	{ "FROM a\nCOPY --chown=a:b:c x y\n", 2, 14, 5, "more than one ':'" },
	{ "FROM a\nADD --chown=4294967295 x y\n", 2, 13, 10, "not the number" },
	{ "FROM a\nADD --chown=a,b x y\n", 2, 13, 3, "no user or group" },
	{ "FROM b\nFROM x AS b\n", 1, 6, 1, "defined later" },
	{ "# about\n# escape=`\nFROM a\n", 2, 1, 10, "ordinary comment" },
	{ "\n#syntax = docker/dockerfile:1\nFROM a\n", 2, 1, 29, "ordinary comment" },
};

static void points_at_the_slip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slips); i++) {
		AUTO(linted_release) struct linted linted;
		const struct diag *diag = NULL;

		lint(&linted, slips[i].text);
		assert_row(linted.parsed.diags.len == 1, slips[i].text);
		diag = &linted.parsed.diags.items[0];
		assert_row(!diag->rule && diag->level == DIAG_WARNING && diag->hint, slips[i].text);
		assert_row(strstr(diag->message, slips[i].says), slips[i].text);
		assert_row(diag->line == slips[i].line && diag->column == slips[i].column &&
				   diag->length == slips[i].length,
			   slips[i].text);
	}
}

static void silent_about_what_is_meant(void **state)
{
	static const char *const texts[] = {
		"FROM a\nRUN x # it\n",
		"FROM a\nLABEL color=#fff\n",
		"FROM a\nENV A=\"x # y\"\n",
		"FROM a\nRUN [ -f x ]\n",
		"FROM a\nRUN [ \"a\" = \"a\" ]\n",
		"FROM a\nRUN [\"a\", \"b\"]\n",
		"FROM a\nRUN x \\\n  COPY y\n",
		"FROM a\nRUN x \\\nCOPYING y\n",
		"FROM a\nRUN <<EOF\nCOPY a b\nEOF\n",
		"FROM a\nCOPY <<EOF /x\nFROM b\nEOF\n",
		"FROM a\nHEALTHCHECK --interval=5s \\\nCMD [\"x\"]\n",
		"FROM a\nONBUILD \\\nRUN x\n",
		"FROM x AS x\n",
		"FROM a\nENV A=don\xe2\x80\x99t\n",
		"# check=skip=all\nFROM a\nUSER app # it\n",
		"# version=1\nFROM a\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO(linted_release) struct linted linted;

		lint(&linted, texts[i]);
		assert_row(linted.parsed.diags.len == 0, texts[i]);
	}
}

/* The hint of the first error. */
static const struct {
	const char *text, *hint;
} hints[] = {
	{ "FROM a\nCPOY x y\n", "did you mean 'COPY'?" },
	{ "FROM a\ncd /x\n", "WORKDIR" },
	{ "FROM a\nexport A=b\n", "ENV name=value" },
	{ "FROM a\napt-get update\n", "write RUN apt-get" },
	{ "FROM a\nRUN x\n  git\n", "end that line with '\\'" },
	{ "# escape=`\nFROM a\nRUN x\n  git\n", "end that line with '`'" },
	{ "FROM a\nRUN\xc2\xa0x\n", "U+00A0" },
	{ "FROM a\n\xe2\x80\x8bRUN x\n", "U+200B" },
	{ "services:\n", "compose file" },
	{ "\xff\xfe"
	  "F",
	  "UTF-8" },
	{ "FROM a\nENV A=b # c\n", "line of its own" },
	{ "FROM a\nENV A=${B:-c d}\n", "value in quotes" },
	{ "FROM a\nENV A=\xe2\x80\x9c"
	  "b c\xe2\x80\x9d\n",
	  "write \" instead" },
	{ "FROM a\nEXPOSE 80 # http\n", "line of its own" },
	{ "FROM a\nEXPOSE 80, 81\n", "blanks alone" },
	{ "FROM https://docker.io/a\n", "FROM docker.io/a" },
	{ "FROM Debian\n", "small letters" },
	{ "ARG A\n", "FROM and an image" },
};

static void hint_names_the_remedy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		AUTO(linted_release) struct linted linted;
		const struct diag *diag = NULL;

		lint(&linted, hints[i].text);
		assert_row(linted.parsed.diags.errors == 1, hints[i].text);
		VEC_FOREACH(item, &linted.parsed.diags) {
			if (!diag && item->level == DIAG_ERROR)
				diag = item;
		}
		assert_row(diag && diag->hint && strstr(diag->hint, hints[i].hint), hints[i].text);
	}
}

/* Errors of evaluation beside those of the parse, but no warnings, which might be wrong then. */
static void all_errors_in_one_run(void **state)
{
	AUTO(linted_release) struct linted linted;

	(void)state;
	lint(&linted, "FROM a\nCPOY x y\nEXPOSE z\nENV B=$NOPE\nSTOPSIGNAL Q\n");
	assert_int_equal(linted.parsed.diags.errors, 3);
	assert_int_equal(linted.parsed.diags.len, 3);
}

/* A FROM that could not be read would shift the numbers of the stages. */
static void no_further_errors_behind_a_lost_stage(void **state)
{
	AUTO(linted_release) struct linted linted;

	(void)state;
	lint(&linted, "FROM\nFROM a\nCOPY --from=1 x y\nFROM b\n");
	assert_int_equal(linted.parsed.diags.errors, 1);
}

static void an_endless_heredoc_is_one_error(void **state)
{
	AUTO(linted_release) struct linted linted;

	(void)state;
	lint(&linted, "FROM a\nCOPY <<A <<B /x\nRUN y\nA\nRUN z\n");
	assert_int_equal(linted.parsed.diags.errors, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_at_the_slip),
		cmocka_unit_test(silent_about_what_is_meant),
		cmocka_unit_test(hint_names_the_remedy),
		cmocka_unit_test(all_errors_in_one_run),
		cmocka_unit_test(no_further_errors_behind_a_lost_stage),
		cmocka_unit_test(an_endless_heredoc_is_one_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
