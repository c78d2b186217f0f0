#include "build_context.h"

#include "base/fd.h"
#include "unit.h"

static struct store *store;
static struct context_pool pool;

static int set_up(void **state)
{
	if (scratch_enter(state) < 0 || store_open("store", &store, &err_) < 0)
		return -1;
	context_pool_init(&pool, store);
	return 0;
}

static int tear_down(void **state)
{
	context_pool_release(&pool);
	store_closep(&store);
	return scratch_leave(state);
}

static int open_with(const char *dir, const char *dockerfile, const char *input,
		     struct build_context *ret)
{
	AUTO(fd_closep) int fd = -1;
	struct build_request request = { .context_dir = dir,
					 .dockerfile = dockerfile,
					 .store = store };

	err_clear(&err_);
	write_text("input", input);
	assert_ok(fd_open(AT_FDCWD, "input", O_RDONLY, 0, &fd, &err_));
	request.stdin_fd = fd;
	return build_context_open(&request, &pool, ret, &err_);
}

static void a_directory(void **state)
{
	AUTO(build_context_release) struct build_context context = BUILD_CONTEXT_INIT;
	AUTO(freep) char *here = NULL;

	(void)state;
	assert_ok(open_with(".", NULL, "", &context));
	assert_ok(fs_realpath(".", &here, &err_));
	assert_string_equal(context.dir, here);
	assert_false(context.is_remote);
	assert_null(context.dockerfile_name);
}

static void a_dockerfile_alone(void **state)
{
	AUTO(build_context_release) struct build_context context = BUILD_CONTEXT_INIT;

	(void)state;
	assert_ok(open_with("-", NULL, "FROM scratch\n", &context));
	assert_true(context.is_remote);
	assert_string_equal(context.dockerfile_name, "Dockerfile");
	assert_string_equal(context.dockerfile.ptr, "FROM scratch\n");
}

static void a_directory_and_a_dockerfile_on_stdin(void **state)
{
	AUTO(build_context_release) struct build_context context = BUILD_CONTEXT_INIT;

	(void)state;
	assert_ok(open_with(".", "-", "FROM scratch\n", &context));
	assert_false(context.is_remote);
	assert_string_equal(context.dockerfile_name, "standard input");
	assert_string_equal(context.dockerfile.ptr, "FROM scratch\n");
}

static void refuses(void **state)
{
	static const struct {
		const char *dir, *dockerfile;
		enum err_kind kind;
		const char *message;
	} rows[] = {
		{ "-", "-", ERR_USAGE, "both the context and the Dockerfile" },
		{ "-", "Other", ERR_USAGE, "-f names another one" },
		{ "nowhere", NULL, ERR_NOT_FOUND, "build context 'nowhere'" },
		{ "file", NULL, ERR_INPUT, "is not a directory" },
	};

	(void)state;
	write_text("file", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(build_context_release) struct build_context context = BUILD_CONTEXT_INIT;

		assert_row(open_with(rows[i].dir, rows[i].dockerfile, "FROM scratch\n", &context) <
				   0,
			   rows[i].message);
		assert_row(err_.kind == rows[i].kind, rows[i].message);
		assert_row(strstr(err_.message, rows[i].message) != NULL, rows[i].message);
	}
}

#define store_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(a_directory),
		store_test(a_dockerfile_alone),
		store_test(a_directory_and_a_dockerfile_on_stdin),
		store_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
