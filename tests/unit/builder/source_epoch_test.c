#include "source_epoch.h"

#include "unit.h"

static struct context_pool pool;
static struct build_context context;
static struct build_source source;

/* -2 stands for an error here: no time is below -1. */
static int64_t epoch_of(const char *dockerfile, int64_t given, const char *build_arg)
{
	AUTO(strmap_release) struct strmap args = { .items = NULL };
	const struct build_request request = { .context_dir = ".", .source_date_epoch = given };
	const struct scope_request scope = { .build_args = &args,
					     .build_platform = "linux/amd64",
					     .target_platform = "linux/arm64",
					     .escape = '\\' };
	int64_t epoch = 0;

	if (build_arg)
		strmap_set_pair(&args, build_arg);
	write_text("Dockerfile", dockerfile);
	context = (struct build_context)BUILD_CONTEXT_INIT;
	source = (struct build_source){ .context = NULL };
	assert_ok(build_context_open(&request, &pool, &context, &err_));
	assert_ok(build_source_read(&request, &context, NULL, &source, &err_));
	if (source_epoch(&request, &source, &scope, &epoch, &err_) < 0)
		epoch = -2;
	build_source_release(&source);
	build_context_release(&context);
	return epoch;
}

static void the_request_goes_before_the_file(void **state)
{
	static const struct {
		const char *dockerfile;
		int64_t given;
		const char *build_arg;
		int64_t wanted;
	} cases[] = {
		{ "FROM scratch\n", -1, NULL, -1 },
		{ "FROM scratch\n", 5, NULL, 5 },
		{ "ARG SOURCE_DATE_EPOCH=7\nFROM scratch\n", -1, NULL, 7 },
		{ "ARG SOURCE_DATE_EPOCH=7\nFROM scratch\n", 5, NULL, 5 },
		{ "ARG SOURCE_DATE_EPOCH=7\nFROM scratch\n", BUILD_EPOCH_NONE, NULL, -1 },
		{ "ARG SOURCE_DATE_EPOCH\nFROM scratch\n", -1, NULL, -1 },
		{ "ARG SOURCE_DATE_EPOCH=\nFROM scratch\n", -1, NULL, -1 },
		{ "ARG SOURCE_DATE_EPOCH=context\nFROM scratch\n", -1, NULL, -1 },
		{ "ARG T=1 SOURCE_DATE_EPOCH=${T}2\nFROM scratch\n", -1, NULL, 12 },
		{ "ARG T=1\nARG SOURCE_DATE_EPOCH=${T}2\nFROM scratch\n", -1, "T=3", 32 },
		{ "FROM scratch\nARG SOURCE_DATE_EPOCH=7\n", -1, NULL, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t epoch = epoch_of(cases[i].dockerfile, cases[i].given, cases[i].build_arg);

		if (epoch != cases[i].wanted)
			fail_msg("case %zu: %lld", i, (long long)epoch);
	}
}

static void what_is_no_time_has_a_place(void **state)
{
	static const struct {
		const char *dockerfile;
		unsigned line, column;
	} cases[] = {
		{ "ARG A=1\nARG SOURCE_DATE_EPOCH=soon\nFROM scratch\n", 2, 5 },
		{ "ARG A=1 SOURCE_DATE_EPOCH=soon\nARG B=2\nFROM scratch\n", 1, 9 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		err_clear(&err_);
		assert_int_equal(epoch_of(cases[i].dockerfile, -1, NULL), -2);
		assert_string_equal(err_.message,
				    "SOURCE_DATE_EPOCH: 'soon' is no number of seconds before "
				    "the year 10000");
		assert_string_equal(err_.span.file, "Dockerfile");
		assert_int_equal(err_.span.line, cases[i].line);
		assert_int_equal(err_.span.column, cases[i].column);
	}
}

#define epoch_test(f) cmocka_unit_test_setup_teardown(f, scratch_enter, scratch_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		epoch_test(the_request_goes_before_the_file),
		epoch_test(what_is_no_time_has_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
