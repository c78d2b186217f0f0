#include "parsed.h"

static const char text[] = "FROM a AS Base\nFROM base AS x\nFROM b AS base\nFROM c AS last\n";

/* Which stage `from` means to stage number `user`; -1 = an image, -2 = an error. */
static const struct {
	unsigned user;
	const char *from;
	int want;
	const char *message;
} rows[] = {
	{ 1, "base", 0, NULL },
	{ 1, "BASE", 0, NULL },
	{ 3, "base", 2, NULL }, /* the latest of that name before it */
	{ 3, "0", 0, NULL },
	{ 3, "2", 2, NULL },
	{ 3, "debian:12", -1, NULL },
	{ 0, "x", -2, "defined later, in line 2" },
	{ 0, "1", -2, "defined later" },
	{ 1, "x", -2, "copies from itself" },
	{ 2, "2", -2, "copies from itself" },
	{ 3, "4", -2, "there is no stage 4" },
	{ 3, "$base", -2, "not expanded" },
	{ 2, "base", 0, NULL }, /* its own name, but an earlier one has it as well */
};

static void names_and_numbers_mean_earlier_stages(void **state)
{
	AUTO(parsed_release) struct parsed parsed;

	(void)state;
	parse(&parsed, text);
	assert_int_equal(parsed.result, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		const struct stage *stages = parsed.file.stages.items;
		const struct stage *found = NULL;
		int result = dockerfile_resolve_from(&parsed.file, &stages[rows[i].user],
						     rows[i].from, &found, &err);

		assert_row((result < 0) == (rows[i].want == -2), rows[i].from);
		if (result < 0)
			assert_row(strstr(err.message, rows[i].message), rows[i].from);
		else
			assert_row(found == (rows[i].want < 0 ? NULL : &stages[rows[i].want]),
				   rows[i].from);
	}
}

/* FROM compares the case, COPY --from does not. */
static void from_compares_the_case(void **state)
{
	AUTO(parsed_release) struct parsed parsed;

	(void)state;
	parse(&parsed, text);
	assert_null(dockerfile_find_stage(&parsed.file, "Base", 1, false));
	assert_ptr_equal(dockerfile_find_stage(&parsed.file, "base", 1, false),
			 parsed.file.stages.items);
	assert_null(dockerfile_find_stage(&parsed.file, "base", 0, false));
}

static void a_target_is_a_name(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	AUTO(err_release) struct err err = ERR_INIT;
	const struct stage *found = NULL;

	(void)state;
	parse(&parsed, text);
	assert_ok(dockerfile_target(&parsed.file, NULL, &found, &err_));
	assert_int_equal(found->index, 3);
	assert_ok(dockerfile_target(&parsed.file, "BASE", &found, &err_));
	assert_int_equal(found->index, 2);
	assert_int_equal(dockerfile_target(&parsed.file, "0", &found, &err), -1);
	assert_int_equal(dockerfile_target(&parsed.file, "lst", &found, &err), -1);
	assert_string_equal(err.hint, "did you mean 'last'?");
}

static void a_file_without_stages_has_no_target(void **state)
{
	AUTO(parsed_release) struct parsed parsed;
	AUTO(err_release) struct err err = ERR_INIT;
	const struct stage *found = NULL;

	(void)state;
	parse(&parsed, "ARG A\n");
	assert_int_equal(dockerfile_target(&parsed.file, NULL, &found, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_mean_earlier_stages),
		cmocka_unit_test(from_compares_the_case),
		cmocka_unit_test(a_target_is_a_name),
		cmocka_unit_test(a_file_without_stages_has_no_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
