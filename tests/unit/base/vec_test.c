#include "base/vec.h"

#include "unit.h"

struct numbers {
	int *items;
	size_t len, cap;
};

static void items_are_added_zeroed(void **state)
{
	(void)state;
	struct numbers v = { .items = NULL };
	int sum = 0;

	for (int i = 0; i < 100; i++) {
		int *item = VEC_ADD(&v);

		assert_int_equal(*item, 0);
		*item = i;
	}
	assert_int_equal(v.len, 100);
	VEC_FOREACH(item, &v)
		sum += *item;
	assert_int_equal(sum, 4950);
	free(v.items);
}

static void foreach_of_nothing(void **state)
{
	(void)state;
	const struct numbers v = { .items = NULL };

	VEC_FOREACH(item, &v)
		fail_msg("an item in an empty vector: %d", *item);
}

static void strings_end_with_null(void **state)
{
	(void)state;
	AUTO(strvec_release) struct strvec v = STRVEC_INIT;

	assert_null(strvec_argv(&v)[0]);
	for (int i = 0; i < 20; i++) {
		strvec_addf(&v, "%d", i);
		assert_null(v.items[v.len]);
	}
	strvec_remove(&v, 0);
	assert_string_equal(v.items[0], "1");
	assert_null(v.items[v.len]);
	strvec_remove(&v, v.len - 1);
	assert_string_equal(v.items[v.len - 1], "18");
	strvec_clear(&v);
	assert_int_equal(v.len, 0);
	assert_null(v.items[0]);
}

static void a_vector_added_to_itself(void **state)
{
	(void)state;
	AUTO(strvec_release) struct strvec v = STRVEC_INIT;
	AUTO(freep) char *joined = NULL;

	strvec_addn(&v, "abc", 2);
	strvec_take(&v, xstrdup("c"));
	strvec_add_all(&v, &v);
	joined = strvec_join(&v, ", ");
	assert_string_equal(joined, "ab, c, ab, c");
}

static void sorts_by_bytes(void **state)
{
	(void)state;
	AUTO(strvec_release) struct strvec v = STRVEC_INIT;
	AUTO(freep) char *joined = NULL;

	strvec_sort(&v);
	strvec_add(&v, "b");
	strvec_add(&v, "\xc3\xa4");
	strvec_add(&v, "B");
	strvec_add(&v, "a");
	strvec_sort(&v);
	joined = strvec_join(&v, " ");
	assert_string_equal(joined, "B a b \xc3\xa4");
	assert_true(strvec_contains(&v, "a"));
	assert_false(strvec_contains(&v, "A"));
}

static void join_of_nothing(void **state)
{
	(void)state;
	struct strvec v = STRVEC_INIT;
	AUTO(freep) char *joined = strvec_join(&v, ",");

	assert_string_equal(joined, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_are_added_zeroed),
		cmocka_unit_test(foreach_of_nothing),
		cmocka_unit_test(strings_end_with_null),
		cmocka_unit_test(a_vector_added_to_itself),
		cmocka_unit_test(sorts_by_bytes),
		cmocka_unit_test(join_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
