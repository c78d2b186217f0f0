#include "live_directives.h"

#include "unit.h"

static void directives_become_instructions(void **state)
{
	static const struct {
		const char *text, *want;
		unsigned line;
	} rows[] = {
		{ "FROM a\nRUN b\n#dev-run=c d\nCMD e\n", "FROM a\nRUN b\nRUN c d\nCMD e\n", 0 },
		{ "FROM a\n#dev-copy=x y\n#dev-env=A=1 B=\"2 3\"\n",
		  "FROM a\nCOPY x y\nENV A=1 B=\"2 3\"\n", 0 },
		{ "FROM a\n#dev-env=A=1\n", "FROM a\nENV A=1\n", 0 },
		/* as they may be written */
		{ "FROM a\n  ## DEV-Run = b=c \r\n", "FROM a\nRUN b=c\n", 0 },
		{ "FROM a\n#dev-run=\n# dev-runs=x\n#dev run=x\n",
		  "FROM a\n#dev-run=\n# dev-runs=x\n#dev run=x\n", 0 },
		/* the live command, and what it replaces */
		{ "FROM a\nCOPY p .\nRUN i\n#dev-cmd-live=npm run dev\nRUN b\nCOPY . .\nCMD "
		  "x\nUSER u\n",
		  "FROM a\nCOPY p .\nRUN i\nCMD npm run dev\n\nCOPY . .\n\nUSER u\n", 4 },
		{ "FROM a\n#dev-cmd-live=[\"x\", \"y\"]\n#dev-run=z\nRUN a \\\n b\n",
		  "FROM a\nCMD [\"x\", \"y\"]\nRUN z\n\n\n", 2 },
		{ "FROM a\n#dev-cmd-live=x\nRUN <<E\n#dev-run=no\nE\nCOPY y z\nFROM b\nRUN "
		  "c\n#dev-run=d\n",
		  "FROM a\nCMD x\n\n\n\nCOPY y z\n\n\n\n", 2 },
		/* text of an instruction is none of it */
		{ "FROM a\nRUN x \\\n#dev-run=y\n z\n", "FROM a\nRUN x \\\n#dev-run=y\n z\n", 0 },
		{ "# escape=`\nFROM a\n#dev-run=b\\\n", "# escape=`\nFROM a\nRUN b\\\n", 0 },
		{ "FROM a", "FROM a", 0 },
		{ "", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str out = STR_INIT;
		unsigned line = 7;

		assert_int_equal(live_directives_apply(span_of(rows[i].text), "Dockerfile", false,
						       &out, &line, &err_),
				 0);
		assert_string_equal(out.ptr, rows[i].want);
		assert_int_equal(line, rows[i].line);
	}
}

/* Which stage is wanted has been said. */
static void stages_can_be_kept(void **state)
{
	AUTO(str_release) struct str out = STR_INIT;
	unsigned line = 0;

	(void)state;
	assert_int_equal(
		live_directives_apply(span_of("FROM a\n#dev-cmd-live=x\nRUN y\nFROM b\nRUN c\n"),
				      "Dockerfile", true, &out, &line, &err_),
		0);
	assert_string_equal(out.ptr, "FROM a\nCMD x\n\nFROM b\nRUN c\n");
}

static void mistakes_are_told(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "FROM a\n#dev-cmd-live=x\n#dev-cmd-live=y\n", "a second dev-cmd-live" },
		{ "FROM a\n#dev-run=x \\\nRUN y\n", "dev-run would take the next line with it" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str out = STR_INIT;
		unsigned line = 0;

		err_clear(&err_);
		assert_int_equal(live_directives_apply(span_of(rows[i].text), "Dockerfile", false,
						       &out, &line, &err_),
				 -1);
		assert_int_equal(err_.kind, ERR_INPUT);
		assert_non_null(strstr(err_.message, rows[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(directives_become_instructions),
		scratch_test(stages_can_be_kept),
		scratch_test(mistakes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
