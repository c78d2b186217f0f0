#include "table.h"

#include "unit.h"

static void test_columns_are_aligned(void **state)
{
	static const char *const cells[] = {
		"NAME",
		"SIZE",
		"AGE",
		"app:1",
		"1.0kB",
		"just now",
		"\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2",
		"0B",
		"",
	};
	AUTO(table_release) struct table table;
	AUTO(str_release) struct str text = STR_INIT;

	(void)state;
	table_init(&table, 3);
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		table_add(&table, cells[i]);
	table_format(&table, &text);
	assert_string_equal(text.ptr, "NAME     SIZE    AGE\n"
				      "app:1    1.0kB   just now\n"
				      "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2   0B\n");
}

static void test_a_cell_is_one_line_of_text(void **state)
{
	AUTO(table_release) struct table table;
	AUTO(str_release) struct str text = STR_INIT;

	(void)state;
	table_init(&table, 2);
	table_add(&table, "\033[31ma\nb\tc\177");
	table_add(&table, "\xff\xe2\x80\xae!");
	table_format(&table, &text);
	assert_string_equal(text.ptr, "[31ma b c   ?!\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns_are_aligned),
		cmocka_unit_test(test_a_cell_is_one_line_of_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
