#include "base/library.h"

#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

typedef double cosine_fn(double angle);

static void functions_are_found_by_their_names(void **state)
{
	static const char *const names[] = { "cos", "sin" };
	cosine_fn *functions[2] = { NULL, NULL };

	(void)state;
	library_load("libm.so.6", names, ARRAY_SIZE(names), functions);
	assert_true(functions[0](0) == 1);
	assert_true(functions[1](0) == 0);
}

static void what_is_filled_is_left_alone(void **state)
{
	static const char *const names[] = { "no_such_function" };
	const char *filled = "before";
	const char *pointer = filled;

	(void)state;
	library_load("no-such-library.so.0", names, ARRAY_SIZE(names), &pointer);
	assert_ptr_equal(pointer, filled);
}

static int status_of_loading(const char *soname, const char *name)
{
	const char *const names[] = { name };
	void *function = NULL;
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		library_load(soname, names, ARRAY_SIZE(names), &function);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void what_is_missing_ends_the_program_as_the_loader_does(void **state)
{
	(void)state;
	assert_int_equal(status_of_loading("libm.so.6", "cos"), 0);
	assert_int_equal(status_of_loading("libm.so.6", "no_such_function"), 127);
	assert_int_equal(status_of_loading("no-such-library.so.0", "cos"), 127);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found_by_their_names),
		cmocka_unit_test(what_is_filled_is_left_alone),
		cmocka_unit_test(what_is_missing_ends_the_program_as_the_loader_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
