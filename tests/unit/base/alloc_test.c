#include "unit.h"

#include <sys/wait.h>

static void zero_bytes_are_a_pointer(void **state)
{
	(void)state;
	AUTO(freep) void *plain = xmalloc(0);
	AUTO(freep) void *zeroed = xcalloc(0, 8);
	AUTO(freep) void *copy = xmemdup(NULL, 0);

	assert_non_null(plain);
	assert_non_null(zeroed);
	assert_non_null(copy);
}

static void strndup_stops_at_the_nul(void **state)
{
	(void)state;
	AUTO(freep) char *cut = xstrndup("abcdef", 3);
	AUTO(freep) char *whole = xstrndup("ab\0cd", 5);

	assert_string_equal(cut, "abc");
	assert_string_equal(whole, "ab");
	assert_null(xstrdup_or_null(NULL));
}

static void asprintf_formats(void **state)
{
	(void)state;
	AUTO(freep) char *text = xasprintf("%s-%d", "layer", 7);

	assert_string_equal(text, "layer-7");
}

static void take_leaves_nothing(void **state)
{
	(void)state;
	char *from = xstrdup("x");
	int fd = 9;
	AUTO(freep) char *to = TAKE(from);

	assert_null(from);
	assert_string_equal(to, "x");
	assert_int_equal(TAKE_FD(fd), 9);
	assert_int_equal(fd, -1);
}

/* The volatile keeps the compiler from seeing what it would warn of. */
static void overflow_ends_the_process_with_a_message(void **state)
{
	(void)state;
	volatile size_t huge = SIZE_MAX / 2;
	char message[64] = "";
	int ends[2], status = 0;
	pid_t pid = -1;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		free(xreallocarray(NULL, huge, 3));
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(read(ends[0], message, sizeof(message) - 1) > 0);
	assert_string_equal(message, "edgectl: out of memory\n");
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_bytes_are_a_pointer),
		cmocka_unit_test(strndup_stops_at_the_nul),
		cmocka_unit_test(asprintf_formats),
		cmocka_unit_test(take_leaves_nothing),
		cmocka_unit_test(overflow_ends_the_process_with_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
