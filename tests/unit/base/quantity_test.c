#include "base/quantity.h"

#include "../base/unit.h"

static void sizes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{ "0", 0 },
		{ "512", 512 },
		{ "512b", 512 },
		{ "1k", 1024 },
		{ "20GB", UINT64_C(20) << 30 },
		{ "1.5g", UINT64_C(3) << 29 },
		{ "300MiB", UINT64_C(300) << 20 },
		{ "2T", UINT64_C(2) << 40 },
	};
	static const char *const wrong[] = { "",     "GB",    "-1",  ".5g",       "1..5g", "1x",
					     "1 GB", "1GiBs", "1kk", "99999999P", "0x10",  "1i" };
	uint64_t bytes;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_ok(quantity_parse_size(rows[i].text, &bytes, &err_));
		assert_row(bytes == rows[i].bytes, rows[i].text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		err_clear(&err_);
		assert_row(quantity_parse_size(wrong[i], &bytes, &err_) < 0, wrong[i]);
		assert_row(err_.kind == ERR_USAGE && err_.hint, wrong[i]);
	}
}

static void durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t seconds;
	} rows[] = {
		{ "45s", 45 },    { "24h", 86400 },  { "1h30m", 5400 },
		{ "7d", 604800 }, { "2w", 1209600 }, { "0s", 0 },
	};
	static const char *const wrong[] = { "",     "soon", "24",  "h",
					     "1h30", "1y",   "-1h", "999999999999w" };
	uint64_t ns;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_ok(quantity_parse_duration(rows[i].text, &ns, &err_));
		assert_row(ns == rows[i].seconds * 1000000000, rows[i].text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		err_clear(&err_);
		assert_row(quantity_parse_duration(wrong[i], &ns, &err_) < 0, wrong[i]);
		assert_row(err_.kind == ERR_USAGE && err_.hint, wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
