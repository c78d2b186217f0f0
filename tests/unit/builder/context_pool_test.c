#include "context_pool.h"

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

static const struct context_files *open_files(const char *dir, const char *ignore_text,
					      bool passing)
{
	const struct context_files wanted = { .dir = dir, .ignore_text = span_of(ignore_text) };
	const struct context_files *files = NULL;

	assert_ok(context_pool_open(&pool, &wanted, passing, &files, &err_));
	return files;
}

static void the_same_files_are_opened_once(void **state)
{
	const struct context_files *first, *second, *other, *ignoring;

	(void)state;
	assert_int_equal(mkdir("a", 0755), 0);
	assert_int_equal(mkdir("b", 0755), 0);
	first = open_files("a", "", false);
	second = open_files("a", "", false);
	other = open_files("b", "", false);
	ignoring = open_files("a", "x\n", false);
	assert_ptr_equal(first, second);
	assert_ptr_not_equal(first, other);
	/* What is left out differs, but a file is hashed once. */
	assert_ptr_not_equal(first, ignoring);
	assert_ptr_not_equal(first->tree, ignoring->tree);
	assert_ptr_equal(first->hashes, ignoring->hashes);
	assert_ptr_not_equal(first->hashes, other->hashes);
}

static void what_passes_is_not_remembered(void **state)
{
	(void)state;
	assert_int_equal(mkdir("a", 0755), 0);
	assert_null(open_files("a", "", true)->hashes);
}

static void a_directory_that_is_missing_is_named(void **state)
{
	const struct context_files wanted = { .dir = "nowhere", .ignore_text = span_of("") };
	const struct context_files *files = NULL;

	(void)state;
	assert_int_equal(context_pool_open(&pool, &wanted, false, &files, &err_), -1);
	assert_non_null(strstr(err_.message, "nowhere"));
	assert_null(files);
}

static void a_failure_is_not_kept(void **state)
{
	const struct remote_context_request request = { .source = "http://127.0.0.1:1/x.tar",
							.stdin_fd = -1,
							.store = store };
	const struct remote_context *context = NULL;

	(void)state;
	unsetenv("http_proxy");
	assert_int_equal(context_pool_bring(&pool, &request, &context, &err_), -1);
	assert_int_equal(err_.kind, ERR_NETWORK);
	assert_null(context);
	assert_int_equal(pool.remotes.len, 0);
}

#define store_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(the_same_files_are_opened_once),
		store_test(what_passes_is_not_remembered),
		store_test(a_directory_that_is_missing_is_named),
		store_test(a_failure_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
