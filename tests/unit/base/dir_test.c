#include "base/dir.h"

#include "base/fd.h"
#include "unit.h"

static void make_files(void)
{
	static const char *const names[] = { "tree/a", "tree/.hidden", "tree/..three", "tree/b c" };

	assert_int_equal(mkdir("tree", 0755), 0);
	assert_int_equal(mkdir("tree/below", 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int fd = open(names[i], O_WRONLY | O_CREAT | O_EXCL, 0644);

		assert_true(fd >= 0);
		close(fd);
	}
}

static void names_are_all_but_the_two(void **state UNUSED)
{
	static const char *const expected[] = { "..three", ".hidden", "a", "b c", "below" };
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;

	make_files();
	assert_int_equal(dir_names(AT_FDCWD, "tree", 0, &names, NULL), 0);
	strvec_sort(&names);
	assert_int_equal(names.len, ARRAY_SIZE(expected));
	for (size_t i = 0; i < names.len; i++)
		assert_string_equal(names.items[i], expected[i]);
}

static void a_descriptor_is_read_from_its_beginning(void **state UNUSED)
{
	AUTO(fd_closep) int fd = -1;

	make_files();
	fd = open("tree", O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 2; i++) {
		AUTO(strvec_release) struct strvec names = STRVEC_INIT;

		assert_int_equal(dir_names(fd, ".", 0, &names, NULL), 0);
		assert_int_equal(names.len, 5);
	}
}

static void the_end_is_no_error(void **state UNUSED)
{
	AUTO(dir_closep) DIR *dir = NULL;

	assert_int_equal(mkdir("empty", 0755), 0);
	dir = dir_open(AT_FDCWD, "empty", 0);
	assert_non_null(dir);
	errno = EIO;
	assert_null(dir_next(dir));
	assert_int_equal(errno, 0);
}

static void links_are_followed_unless_told(void **state UNUSED)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	AUTO(err_release) struct err err = ERR_INIT;

	make_files();
	assert_int_equal(symlink("tree", "link"), 0);
	assert_int_equal(dir_names(AT_FDCWD, "link", 0, &names, NULL), 0);
	assert_int_equal(names.len, 5);
	assert_int_equal(dir_names(AT_FDCWD, "link", O_NOFOLLOW, &names, &err), -1);
	assert_int_equal(err.errnum, ENOTDIR);
}

static void what_is_no_directory_says_its_name(void **state UNUSED)
{
	static const struct {
		const char *path;
		int errnum;
	} cases[] = { { "tree/a", ENOTDIR }, { "missing", ENOENT } };

	make_files();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(strvec_release) struct strvec names = STRVEC_INIT;
		AUTO(err_release) struct err err = ERR_INIT;

		assert_int_equal(dir_names(AT_FDCWD, cases[i].path, 0, &names, &err), -1);
		assert_int_equal(err.errnum, cases[i].errnum);
		assert_non_null(strstr(err.message, cases[i].path));
		errno = 0;
		assert_null(dir_open(AT_FDCWD, cases[i].path, 0));
		assert_int_equal(errno, cases[i].errnum);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_are_all_but_the_two, scratch_enter,
						scratch_leave),
		cmocka_unit_test_setup_teardown(a_descriptor_is_read_from_its_beginning,
						scratch_enter, scratch_leave),
		cmocka_unit_test_setup_teardown(the_end_is_no_error, scratch_enter, scratch_leave),
		cmocka_unit_test_setup_teardown(links_are_followed_unless_told, scratch_enter,
						scratch_leave),
		cmocka_unit_test_setup_teardown(what_is_no_directory_says_its_name, scratch_enter,
						scratch_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
