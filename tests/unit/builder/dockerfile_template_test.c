#include "dockerfile_template.h"

#include "builder/board.h"
#include "unit.h"

static void set_values(struct strmap *values)
{
	static const struct build_board board = { .slug = "raspberrypi3",
						  .arch = "armv7hf",
						  .app = "lab" };

	build_board_template_values(&board, values);
}

static int expand(const char *text, struct str *ret)
{
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;

	err_clear(&err_);
	set_values(&values);
	return dockerfile_template_expand(span_of(text), "Dockerfile.template", &values, ret,
					  &err_);
}

static void names_give_way_to_values(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "FROM b/%%BALENA_MACHINE_NAME%%-debian\n", "FROM b/raspberrypi3-debian\n" },
		{ "%%BALENA_ARCH%%", "armv7hf" },
		{ "%%RESIN_ARCH%%%%RESIN_MACHINE_NAME%%", "armv7hfraspberrypi3" },
		{ "%%BALENA_SERVICE_NAME%%", "main" },
		{ "%%BALENA_APP_NAME%%", "lab" },
		{ "%%BALENA_RELEASE_HASH%%", "unavailable" },
		{ "a\r\n%%BALENA_ARCH%%\r\n", "a\r\narmv7hf\r\n" },
		{ "%%%BALENA_ARCH%%%", "%armv7hf%" },
		/* no names */
		{ "100%% of %%", "100%% of %%" },
		{ "%%balena_arch%%", "%%balena_arch%%" },
		{ "%%A%%", "%%A%%" },
		{ "%%_AB%%", "%%_AB%%" },
		{ "%%BALENA_ARCH", "%%BALENA_ARCH" },
		{ "%%BALENA_ARCH%", "%%BALENA_ARCH%" },
		{ "%%BALENA\n_ARCH%%", "%%BALENA\n_ARCH%%" },
		{ "%%ARM64V8%%", "%%ARM64V8%%" },
		{ "%%", "%%" },
		{ "", "" },
		{ "\n\n", "\n\n" },
		/* comments, of which only those in the first column are */
		{ "# %%NOBODY%%\nFROM x\n", "# %%NOBODY%%\nFROM x\n" },
		{ " # %%BALENA_ARCH%%", " # armv7hf" },
		/* the language of another engine is text like any other */
		{ "<% process.exit(1) %><%- 1 + 1 %>", "<% process.exit(1) %><%- 1 + 1 %>" },
		{ "$(rm -rf /) `x` ${BALENA_ARCH}", "$(rm -rf /) `x` ${BALENA_ARCH}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str out = STR_INIT;

		assert_ok(expand(rows[i].text, &out));
		assert_row(str_eq(out.ptr, rows[i].want), rows[i].text);
	}
}

/* A value that looks like a name is not looked at again. */
static void values_are_not_expanded(void **state)
{
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;
	AUTO(str_release) struct str out = STR_INIT;

	(void)state;
	strmap_set(&values, "AA", "%%BB%%");
	strmap_set(&values, "BB", "x");
	assert_ok(dockerfile_template_expand(span_of("%%AA%%"), "f", &values, &out, &err_));
	assert_string_equal(out.ptr, "%%BB%%");
}

static void unknown_names_are_shown_where_they_are(void **state)
{
	AUTO(str_release) struct str out = STR_INIT;

	(void)state;
	assert_int_equal(expand("FROM x\nRUN a %%BALENA_ARHC%%\nRUN %%FOO_BAR%%\n", &out), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	assert_non_null(strstr(err_.message, "Dockerfile.template:2:7: error: unknown template "
					     "variable 'BALENA_ARHC'"));
	assert_non_null(strstr(err_.message, "did you mean 'BALENA_ARCH'?"));
	assert_non_null(strstr(err_.message, "Dockerfile.template:3:5:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(names_give_way_to_values),
		scratch_test(values_are_not_expanded),
		scratch_test(unknown_names_are_shown_where_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
