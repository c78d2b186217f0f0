#include "base/fd.h"
#include "base/monitor.h"
#include "base/path.h"
#include "base/str.h"
#include "context/directory.h"
#include "context/tree.h"
#include "unit.h"

static void write_file(const char *path)
{
	AUTO(freep) char *dir = path_dir(path);

	assert_ok(fs_mkdir_all(AT_FDCWD, dir, 0755, &err_));
	write_text(path, path);
}

/* More directories than any number of threads leaves untouched, at several depths. */
static void write_tree(void)
{
	for (unsigned i = 0; i < 120; i++) {
		AUTO(freep) char *source = xasprintf("root/%u/%u/deep/%u.c", i % 7, i, i);
		AUTO(freep) char *object = xasprintf("root/%u/%u/out/%u.o", i % 7, i, i);

		write_file(source);
		write_file(object);
	}
}

static void open_tree(const struct ignore *ignore, struct tree **ret)
{
	assert_ok(directory_tree_open("root", ignore, ret, &err_));
}

static int describe(struct tree *tree, struct tree_node *dir, struct str *ret)
{
	const struct tree_nodes *children = NULL;

	if (tree_list(tree, dir, &children, &err_) < 0)
		return -1;
	VEC_FOREACH(child, children) {
		AUTO(freep) char *path = tree_path(*child);

		str_addf(ret, "%s\n", path);
		if (S_ISDIR((*child)->st.st_mode) && describe(tree, *child, ret) < 0)
			return -1;
	}
	return 0;
}

static void finds_what_a_walk_finds(const struct ignore *ignore, const char *looked_up_before)
{
	AUTO(tree_freep) struct tree *loaded = NULL, *walked = NULL;
	AUTO(str_release) struct str is = STR_INIT, want = STR_INIT;
	struct tree_node *node = NULL;

	open_tree(ignore, &loaded);
	open_tree(ignore, &walked);
	if (looked_up_before)
		assert_ok(tree_resolve(loaded, looked_up_before, &node, &err_));
	assert_ok(tree_load_all(loaded, loaded->root, NULL, &err_));
	assert_ok(describe(loaded, loaded->root, &is));
	assert_ok(describe(walked, walked->root, &want));
	assert_true(want.len > 0);
	assert_string_equal(is.ptr, want.ptr);
	if (looked_up_before) {
		struct tree_node *again = NULL;

		assert_ok(tree_resolve(loaded, looked_up_before, &again, &err_));
		assert_ptr_equal(node, again);
	}
}

static void loads_all_of_it(void **state)
{
	(void)state;
	write_tree();
	finds_what_a_walk_finds(NULL, NULL);
	finds_what_a_walk_finds(NULL, "3/3/deep");
}

/* As for the second COPY of a build: what is there stays, what is not is added, below it too. */
static void goes_on_where_it_was(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL, *walked = NULL;
	AUTO(str_release) struct str is = STR_INIT, want = STR_INIT;
	const struct tree_nodes *children = NULL;
	struct tree_node *node = NULL, *again = NULL;

	(void)state;
	write_tree();
	open_tree(NULL, &tree);
	open_tree(NULL, &walked);
	assert_ok(tree_list(tree, tree->root, &children, &err_));
	assert_ok(tree_resolve(tree, "3", &node, &err_));
	assert_ok(tree_load_all(tree, node, NULL, &err_));
	assert_ok(tree_resolve(tree, "3/3/deep/3.c", &node, &err_));
	assert_ok(tree_load_all(tree, tree->root, NULL, &err_));
	assert_ok(tree_load_all(tree, tree->root, NULL, &err_));
	assert_ok(tree_resolve(tree, "3/3/deep/3.c", &again, &err_));
	assert_ptr_equal(node, again);
	assert_ok(describe(tree, tree->root, &is));
	assert_ok(describe(walked, walked->root, &want));
	assert_string_equal(is.ptr, want.ptr);
}

static void leaves_out_what_is_ignored(void **state)
{
	AUTO(ignore_freep) struct ignore *ignore = NULL;

	(void)state;
	write_tree();
	assert_ok(
		ignore_parse(SPAN_LIT("**/*.o\n3\n4\n!4/4/deep\n5/5\n"), "ignore", &ignore, &err_));
	finds_what_a_walk_finds(ignore, NULL);
}

/* The walk's order decides which of them is told, not which thread met it first. */
static void leaves_what_cannot_be_read_to_the_walk(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(str_release) struct str text = STR_INIT;

	(void)state;
	write_tree();
	open_tree(NULL, &tree);
	/* Gone between being seen and being read. */
	tree_insert(tree, tree->root, "8")->st.st_mode = S_IFDIR | 0755;
	tree_insert(tree, tree->root, "9")->st.st_mode = S_IFDIR | 0755;
	assert_ok(tree_load_all(tree, tree->root, NULL, &err_));
	assert_int_equal(describe(tree, tree->root, &text), -1);
	assert_string_equal(err_.message, "read directory '8': no such file or directory");
}

static void stops_when_cancelled(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	struct monitor monitor = MONITOR_SILENT;
	int ends[2];

	(void)state;
	write_tree();
	open_tree(NULL, &tree);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	monitor.cancel_fd = ends[0];
	assert_int_equal(tree_load_all(tree, tree->root, &monitor, &err_), -1);
	assert_int_equal(err_.kind, ERR_CANCELLED);
	assert_false(tree->root->complete);
	fd_closep(&ends[0]);
	fd_closep(&ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(loads_all_of_it),
		scratch_test(goes_on_where_it_was),
		scratch_test(leaves_out_what_is_ignored),
		scratch_test(leaves_what_cannot_be_read_to_the_walk),
		scratch_test(stops_when_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
