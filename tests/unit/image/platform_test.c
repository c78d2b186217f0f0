#include "image/platform.h"

#include "image_unit.h"

static void parse(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expect; /* NULL = an error */
	} rows[] = {
		{ "linux/arm64", "linux/arm64" },
		{ "linux/arm64/v8", "linux/arm64" },
		{ "linux/arm64/8", "linux/arm64" },
		{ "linux/arm64/v9", "linux/arm64/v9" },
		{ "linux/aarch64", "linux/arm64" },
		{ "arm64", "linux/arm64" },
		{ "aarch64", "linux/arm64" },
		{ "linux/arm", "linux/arm/v7" },
		{ "arm", "linux/arm/v7" },
		{ "arm/v7", "linux/arm/v7" },
		{ "arm/6", "linux/arm/v6" },
		{ "linux/arm/v6", "linux/arm/v6" },
		{ "linux/arm/v5", "linux/arm/v5" },
		{ "armhf", "linux/arm/v7" },
		{ "linux/armhf", "linux/arm/v7" },
		{ "armel", "linux/arm/v6" },
		{ "armv7l", "linux/arm/v7" },
		{ "amd64", "linux/amd64" },
		{ "x86_64", "linux/amd64" },
		{ "x86-64", "linux/amd64" },
		{ "linux/amd64/v1", "linux/amd64" },
		{ "linux/amd64/v3", "linux/amd64/v3" },
		{ "i386", "linux/386" },
		{ "Linux/ARM64", "linux/arm64" },
		{ "windows/amd64", "windows/amd64" },
		{ "macos/arm64", "darwin/arm64" },
		{ "linux/riscv64", "linux/riscv64" },
		{ "", NULL },
		{ "/", NULL },
		{ "linux/", NULL },
		{ "/arm64", NULL },
		{ "linux/arm/v7/x", NULL },
		{ "linux/arm46", NULL },
		{ "plan9x/arm64", NULL },
		{ "linux/arm 64", NULL },
		{ "linux/arm64,linux/arm", NULL },
		{ "linux/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	};
	char buf[PLATFORM_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct platform p;

		err_clear(&err_);
		if (platform_parse(rows[i].text, &p, &err_) < 0) {
			assert_row(!rows[i].expect && err_.kind == ERR_INPUT, rows[i].text);
			continue;
		}
		assert_row(str_eq(platform_format(&p, buf), rows[i].expect), rows[i].text);
	}
}

static void suggests(void **state)
{
	(void)state;
	struct platform p;

	assert_fails(platform_parse("linux/arm46", &p, &err_), ERR_INPUT);
	assert_string_equal(err_.message, "platform 'linux/arm46': unknown architecture 'arm46'");
	assert_string_equal(err_.hint, "did you mean 'arm64'?");
}

static void os_alone_is_this_machines(void **state)
{
	(void)state;
	struct platform p, host;

	platform_host(&host);
	assert_ok(platform_parse("linux", &p, &err_));
	assert_string_equal(p.os, "linux");
	assert_string_equal(p.arch, host.arch);
	assert_true(platform_is_native(&host));
}

static void parse_list(void **state)
{
	(void)state;
	struct platform *list = NULL;
	size_t count = 0;

	assert_ok(platform_parse_list("linux/arm64, arm ,linux/arm64/v8,armhf", &list, &count,
				      &err_));
	assert_int_equal(count, 2);
	assert_string_equal(list[0].arch, "arm64");
	assert_string_equal(list[1].variant, "v7");
	free(list);
	assert_fails(platform_parse_list("arm64,", &list, &count, &err_), ERR_INPUT);
	assert_fails(platform_parse_list("", &list, &count, &err_), ERR_INPUT);
}

static void unknown_fields_are_kept(void **state)
{
	(void)state;
	struct platform p;
	char buf[PLATFORM_TEXT_MAX];

	platform_set(&p, "unknown", "unknown", NULL);
	assert_string_equal(platform_format(&p, buf), "unknown/unknown");
	platform_set(&p, NULL, NULL, NULL);
	assert_string_equal(p.os, "");
}

/* Rows are in the order of preference for their `want`; the last that matches is followed by those that do not. */
static void match(void **state)
{
	(void)state;
	static const struct {
		const char *want, *have[6], *never[6];
	} rows[] = {
		{ "linux/arm/v7",
		  { "linux/arm/v7", "linux/arm/v6", "linux/arm/v5" },
		  { "linux/arm64", "linux/arm/v8", "windows/arm/v7", "linux/amd64" } },
		{ "linux/arm/v6", { "linux/arm/v6", "linux/arm/v5" }, { "linux/arm/v7" } },
		{ "linux/arm64",
		  { "linux/arm64" },
		  { "linux/arm/v7", "linux/arm64/v9", "linux/amd64" } },
		{ "linux/arm64/v9", { "linux/arm64/v9", "linux/arm64" }, { "linux/arm/v7" } },
		{ "linux/amd64/v3",
		  { "linux/amd64/v3", "linux/amd64/v2", "linux/amd64" },
		  { "linux/386", "linux/amd64/v4" } },
		{ "linux/amd64", { "linux/amd64" }, { "linux/amd64/v2", "linux/386" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct platform want, have;
		int last = 1000;

		assert_ok(platform_parse(rows[i].want, &want, &err_));
		for (size_t j = 0; rows[i].have[j]; j++) {
			assert_ok(platform_parse(rows[i].have[j], &have, &err_));
			int score = platform_match(&have, &want);
			assert_row(score > 0 && score < last, rows[i].have[j]);
			last = score;
		}
		for (size_t j = 0; rows[i].never[j]; j++) {
			assert_ok(platform_parse(rows[i].never[j], &have, &err_));
			assert_row(platform_match(&have, &want) == 0, rows[i].never[j]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(suggests),
		cmocka_unit_test(os_alone_is_this_machines),
		cmocka_unit_test(parse_list),
		cmocka_unit_test(unknown_fields_are_kept),
		cmocka_unit_test(match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
