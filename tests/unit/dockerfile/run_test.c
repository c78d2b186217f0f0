#include "parsed.h"

static const struct {
	const char *text;
	enum run_form form;
	const char *script, *name;
} rows[] = {
	{ "RUN make it", RUN_SHELL, "make it", NULL },
	{ "RUN [\"make\"]", RUN_EXEC, NULL, NULL },
	{ "RUN", RUN_SHELL, "", NULL },
	{ "RUN <<E\na\nb\nE", RUN_SHELL, "a\nb\n", "E" },
	{ "RUN <<-E\n\t\ta\n\tE", RUN_SHELL, "a\n", "E" },
	{ "RUN <<E\n#!/bin/awk\nx\nE", RUN_SCRIPT, "#!/bin/awk\nx\n", "E" },
	{ "RUN <<-'E'\n\t#!/bin/awk\nE", RUN_SCRIPT, "#!/bin/awk\n", "E" },
	/* With more than the mark, the shell gets its heredoc back and reads it itself. */
	{ "RUN cat <<E >f\na\nE", RUN_SHELL, "cat <<E >f\na\nE", NULL },
	{ "RUN <<A cat && <<'B' cat\n1\nA\n2\nB", RUN_SHELL, "<<A cat && <<'B' cat\n1\nA\n2\nB",
	  NULL },
	{ "RUN cat <<-E\n\ta\n\tE", RUN_SHELL, "cat <<-E\n\ta\nE", NULL },
	{ "RUN cat <<<E", RUN_SHELL, "cat <<<E", NULL },
	{ "RUN echo '<<E'", RUN_SHELL, "echo '<<E'", NULL },
};

static void heredocs_become_scripts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *text = xasprintf("FROM a\n%s\n", rows[i].text);
		AUTO(parsed_release) struct parsed parsed;
		const struct run_instruction *run = NULL;

		parse(&parsed, text);
		assert_row(parsed.result == 0, rows[i].text);
		run = &nth(&parsed, 1)->run;
		assert_row(run->form == rows[i].form, rows[i].text);
		assert_row(str_eq(run->script, rows[i].script), rows[i].text);
		if (rows[i].name)
			assert_string_equal(run->script_name, rows[i].name);
	}
}

static void flags_are_typed(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	const struct run_instruction *run = NULL;

	(void)state;
	parse(&parsed, "FROM a\nRUN --mount=type=cache,target=/x "
		       "--mount=type=bind,from=b,target=/y --network=none "
		       "--security=insecure x\n");
	assert_int_equal(parsed.result, 0);
	run = &nth(&parsed, 1)->run;
	assert_int_equal(run->mounts.len, 2);
	assert_string_equal(run->mounts.items[0].text.text, "type=cache,target=/x");
	assert_null(run->mounts.items[0].from);
	assert_string_equal(run->mounts.items[1].from, "b");
	assert_int_equal(run->network, RUN_NETWORK_NONE);
	assert_int_equal(run->security, RUN_SECURITY_INSECURE);
}

/* `RUN [ -f x ]` is a test; `RUN ['a']` is meant to be an array. */
static void broken_json_is_pointed_out(void **state)
{
	AUTO(parsed_release) struct parsed good;
	AUTO(parsed_release) struct parsed bad;

	(void)state;
	parse(&good, "FROM a\nRUN [ -f x ]\nRUN [ \"$A\" = b ] && c\n");
	assert_int_equal(good.diags.len, 0);
	parse(&bad, "FROM a\nRUN ['a', 'b']\nRUN [\"a\",]\n");
	assert_int_equal(bad.result, 0);
	assert_int_equal(bad.diags.len, 2);
	assert_int_equal(bad.diags.items[1].line, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heredocs_become_scripts),
		cmocka_unit_test(flags_are_typed),
		cmocka_unit_test(broken_json_is_pointed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
