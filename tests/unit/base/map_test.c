#include "base/map.h"

#include "base/str.h"
#include "unit.h"

/* Below, at and far above the size from which there is an index. */
static const size_t sizes[] = { 1, 3, 15, 16, 17, 200 };

static void fill(struct strmap *map, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char key[32], value[32];

		(void)snprintf(key, sizeof(key), "K%zu", i);
		(void)snprintf(value, sizeof(value), "v%zu", i);
		strmap_set(map, key, value);
	}
}

static void keeps_the_order(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		AUTO(strmap_release) struct strmap map = STRMAP_INIT;

		fill(&map, sizes[s]);
		strmap_set(&map, "K0", "again");
		assert_int_equal(map.len, sizes[s]);
		assert_string_equal(map.items[0].key, "K0");
		assert_string_equal(map.items[0].value, "again");
		for (size_t i = 1; i < map.len; i++) {
			assert_int_equal(strtol(map.items[i].key + 1, NULL, 10), i);
			assert_ptr_equal(strmap_get(&map, map.items[i].key), map.items[i].value);
		}
		assert_false(strmap_has(&map, "K"));
	}
}

static void removal_keeps_the_order_of_the_others(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		AUTO(strmap_release) struct strmap map = STRMAP_INIT;
		size_t expect = 1;

		fill(&map, sizes[s]);
		/* every other one, from the front */
		for (size_t i = 0; i < sizes[s]; i += 2) {
			char key[32];

			(void)snprintf(key, sizeof(key), "K%zu", i);
			assert_true(strmap_remove(&map, key));
			assert_false(strmap_remove(&map, key));
			assert_null(strmap_get(&map, key));
		}
		assert_int_equal(map.len, sizes[s] / 2);
		for (size_t i = 0; i < map.len; i++, expect += 2) {
			assert_int_equal(strtol(map.items[i].key + 1, NULL, 10), expect);
			assert_ptr_equal(strmap_get(&map, map.items[i].key), map.items[i].value);
		}
		strmap_set(&map, "K0", "back");
		assert_string_equal(map.items[map.len - 1].key, "K0");
		assert_string_equal(strmap_get(&map, "K0"), "back");
	}
}

static void pairs(void **state)
{
	(void)state;
	static const struct {
		const char *pair, *key, *value;
	} rows[] = {
		{ "A=1", "A", "1" },     { "B=", "B", "" }, { "C", "C", NULL },
		{ "D=x=y", "D", "x=y" }, { "=e", "", "e" },
	};
	AUTO(strmap_release) struct strmap map = STRMAP_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		strmap_set_pair(&map, rows[i].pair);
		assert_row(strmap_has(&map, rows[i].key), rows[i].pair);
		assert_row(str_eq(strmap_get(&map, rows[i].key), rows[i].value), rows[i].pair);
	}
	assert_int_equal(map.len, ARRAY_SIZE(rows));
}

static void a_value_may_be_its_own_source(void **state)
{
	(void)state;
	AUTO(strmap_release) struct strmap map = STRMAP_INIT;

	strmap_set(&map, "PATH", "/usr/bin:/bin");
	strmap_set(&map, "PATH", strmap_get(&map, "PATH") + 9);
	assert_string_equal(strmap_get(&map, "PATH"), "/bin");
	strmap_set_all(&map, &map);
	assert_int_equal(map.len, 1);
}

static void set_all_overrides(void **state)
{
	(void)state;
	AUTO(strmap_release) struct strmap map = STRMAP_INIT;
	AUTO(strmap_release) struct strmap other = STRMAP_INIT;

	strmap_set_pair(&map, "A=1");
	strmap_set_pair(&map, "B=1");
	strmap_set_pair(&other, "C=2");
	strmap_set_pair(&other, "A=2");
	strmap_set_all(&map, &other);
	assert_int_equal(map.len, 3);
	assert_string_equal(map.items[0].value, "2");
	assert_string_equal(map.items[2].key, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_order),
		cmocka_unit_test(removal_keeps_the_order_of_the_others),
		cmocka_unit_test(pairs),
		cmocka_unit_test(a_value_may_be_its_own_source),
		cmocka_unit_test(set_all_overrides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
