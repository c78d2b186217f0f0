#include "context_set.h"

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

static void open_set(struct context_set *set, struct build_request *request,
		     struct named_contexts *contexts, const char *const *texts)
{
	for (; *texts; texts++)
		assert_ok(named_contexts_add(contexts, *texts, &err_));
	request->store = store;
	request->contexts = contexts;
	context_set_init(set, request, &pool, NULL);
}

static int find(struct context_set *set, const char *name, struct named_source *ret)
{
	struct platform platform;

	err_clear(&err_);
	assert_ok(platform_parse("linux/arm64", &platform, &err_));
	return set->finder.find(&set->finder, name, &platform, ret, &err_);
}

static bool holds(const struct named_source *source, const char *path)
{
	struct tree_node *node = NULL;

	assert_ok(tree_resolve(source->files->tree, path, &node, &err_));
	return node != NULL;
}

static void directories_are_opened_once(void **state)
{
	static const char *const texts[] = { "src=dir", NULL };
	AUTO(named_contexts_release) struct named_contexts contexts = NAMED_CONTEXTS_INIT;
	AUTO(context_set_release) struct context_set set = { .request = NULL };
	struct build_request request = { .context_dir = "." };
	struct named_source first, second;

	(void)state;
	assert_int_equal(mkdir("dir", 0755), 0);
	write_text("dir/kept", "");
	write_text("dir/left", "");
	write_text("dir/.dockerignore", "left\n");
	write_text(".dockerignore", "kept\n");
	open_set(&set, &request, &contexts, texts);
	assert_ok(find(&set, "src", &first));
	assert_true(first.is_known);
	/* its own ignore file counts, and no other */
	assert_true(holds(&first, "kept"));
	assert_false(holds(&first, "left"));
	assert_ok(find(&set, "src", &second));
	assert_ptr_equal(first.files, second.files);
}

static void images_are_somebody_elses(void **state)
{
	static const char *const texts[] = { "base=docker-image://debian", NULL };
	AUTO(named_contexts_release) struct named_contexts contexts = NAMED_CONTEXTS_INIT;
	AUTO(context_set_release) struct context_set set = { .request = NULL };
	struct build_request request = { .context_dir = "." };
	struct named_source base, other;

	(void)state;
	open_set(&set, &request, &contexts, texts);
	assert_ok(find(&set, "base", &base));
	assert_true(base.is_known);
	assert_null(base.files);
	assert_ok(find(&set, "other", &other));
	assert_false(other.is_known);
}

static void what_cannot_be_had_is_named(void **state)
{
	static const char *const texts[] = { "src=http://127.0.0.1:1/x.tar", NULL };
	AUTO(named_contexts_release) struct named_contexts contexts = NAMED_CONTEXTS_INIT;
	AUTO(context_set_release) struct context_set set = { .request = NULL };
	struct build_request request = { .context_dir = "." };
	struct named_source source;

	(void)state;
	unsetenv("http_proxy");
	open_set(&set, &request, &contexts, texts);
	assert_int_equal(find(&set, "src", &source), -1);
	assert_int_equal(err_.kind, ERR_NETWORK);
	assert_non_null(strstr(err_.message, "context 'src'"));
}

#define store_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(directories_are_opened_once),
		store_test(images_are_somebody_elses),
		store_test(what_cannot_be_had_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
