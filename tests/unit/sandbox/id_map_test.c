#include "id_map.h"

#include "../base/unit.h"

static void reads_what_the_kernel_writes(void **state)
{
	(void)state;
	AUTO(id_map_release) struct id_map map = ID_MAP_INIT;

	assert_true(id_map_parse(SPAN_LIT("         0       1001          1\n"
					  "         1     100000      65536\n"),
				 &map));
	assert_int_equal(map.len, 2);
	assert_int_equal(map.items[0].outside, 1001);
	assert_int_equal(map.items[1].inside, 1);
	assert_int_equal(map.items[1].outside, 100000);
	assert_int_equal(id_map_count(&map), 65537);
	assert_false(id_map_is_full(&map));
	assert_true(id_map_has(&map, 0));
	assert_true(id_map_has(&map, 65536));
	assert_false(id_map_has(&map, 65537));
}

static void knows_the_full_range(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool full;
	} rows[] = {
		{ "         0          0 4294967295\n", true },
		{ "0 0 4294967294\n", false },
		{ "0 1000 4294967295\n", false },
		{ "0 0 1\n1 1 4294967294\n", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(id_map_release) struct id_map map = ID_MAP_INIT;

		assert_row(id_map_parse(span_of(rows[i].text), &map), rows[i].text);
		assert_row(id_map_is_full(&map) == rows[i].full, rows[i].text);
	}
}

static void refuses_other_texts(void **state)
{
	(void)state;
	static const char *const rows[] = { "0 0\n", "a 0 1\n", "0 0 1 2\n", "0 0 4294967296\n",
					    "\n",    "0 -1 1\n" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(id_map_release) struct id_map map = ID_MAP_INIT;

		assert_row(!id_map_parse(span_of(rows[i]), &map), rows[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_kernel_writes),
		cmocka_unit_test(knows_the_full_range),
		cmocka_unit_test(refuses_other_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
