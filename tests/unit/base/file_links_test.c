#include "base/file_links.h"

#include "unit.h"

static struct stat stat_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st;
}

static void make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static void later_names_lead_to_the_first(void **state UNUSED)
{
	AUTO(file_links_release) struct file_links links = FILE_LINKS_INIT;
	struct stat st;

	make("a");
	make("alone");
	assert_int_equal(link("a", "b"), 0);
	st = stat_of("alone");
	assert_null(file_links_find(&links, &st, 0, "alone"));
	assert_null(file_links_find(&links, &st, 0, "alone"));
	st = stat_of("b");
	assert_null(file_links_find(&links, &st, 0, "b"));
	st = stat_of("a");
	assert_string_equal(file_links_find(&links, &st, 0, "a"), "b");
	assert_string_equal(file_links_find(&links, &st, 0, "c"), "b");
}

static void groups_know_nothing_of_each_other(void **state UNUSED)
{
	AUTO(file_links_release) struct file_links links = FILE_LINKS_INIT;
	struct stat st;

	make("a");
	assert_int_equal(link("a", "b"), 0);
	st = stat_of("a");
	assert_null(file_links_find(&links, &st, 1, "one"));
	assert_null(file_links_find(&links, &st, 2, "two"));
	assert_string_equal(file_links_find(&links, &st, 1, "x"), "one");
	assert_string_equal(file_links_find(&links, &st, 2, "x"), "two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(later_names_lead_to_the_first, scratch_enter,
						scratch_leave),
		cmocka_unit_test_setup_teardown(groups_know_nothing_of_each_other, scratch_enter,
						scratch_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
