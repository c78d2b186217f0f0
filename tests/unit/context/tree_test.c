#include "context/tree.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "context/directory.h"
#include "unit.h"

static void write_file(const char *path)
{
	AUTO(freep) char *dir = path_dir(path);

	assert_ok(fs_mkdir_all(AT_FDCWD, dir, 0755, &err_));
	write_text(path, path);
}

static struct tree *open_tree(const struct ignore *ignore)
{
	struct tree *tree = NULL;

	assert_ok(directory_tree_open("root", ignore, &tree, &err_));
	return tree;
}

static void resolves_inside_the_root(void **state)
{
	static const struct {
		const char *path, *want; /* NULL = not there */
	} rows[] = {
		{ "a", "a" },      { "/a", "a" },       { "../../a", "a" },
		{ "d/b", "d/b" },  { "d/../a", "a" },   { ".", "." },
		{ "link", "d" },   { "link/b", "d/b" }, { "absolute", "d/b" },
		{ "escape", "a" }, { "chain", "d" },    { "dangling", NULL },
		{ "nope", NULL },  { "a/b", NULL },     { "d/nope/x", NULL },
	};
	AUTO(tree_freep) struct tree *tree = NULL;

	(void)state;
	write_file("root/a");
	write_file("root/d/b");
	assert_int_equal(symlink("d", "root/link"), 0);
	assert_int_equal(symlink("/d/b", "root/absolute"), 0);
	assert_int_equal(symlink("../../../a", "root/escape"), 0);
	assert_int_equal(symlink("link", "root/chain"), 0);
	assert_int_equal(symlink("nowhere", "root/dangling"), 0);
	tree = open_tree(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tree_node *node = NULL;
		AUTO(freep) char *path = NULL;

		assert_ok(tree_resolve(tree, rows[i].path, &node, &err_));
		path = node ? tree_path(node) : NULL;
		assert_row(str_eq(path, rows[i].want), rows[i].path);
	}
}

static void walks_as_far_as_it_goes(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(freep) char *missing = NULL, *path = NULL;
	struct tree_node *node = NULL;

	(void)state;
	write_file("root/d/b");
	assert_int_equal(symlink("d/new", "root/dangling"), 0);
	tree = open_tree(NULL);
	assert_ok(tree_walk(tree, tree->root, "dangling/x/../y", &node, &missing, &err_));
	path = tree_path(node);
	assert_string_equal(path, "d");
	assert_string_equal(missing, "new/y");
}

static void a_loop_of_links_is_an_error(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	struct tree_node *node = NULL;

	(void)state;
	assert_int_equal(mkdir("root", 0755), 0);
	assert_int_equal(symlink("loop", "root/loop"), 0);
	tree = open_tree(NULL);
	assert_int_equal(tree_resolve(tree, "loop", &node, &err_), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
}

static char *list(struct tree *tree, const char *path)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const struct tree_nodes *children = NULL;
	struct tree_node *node = NULL;

	assert_ok(tree_resolve(tree, path, &node, &err_));
	assert_non_null(node);
	assert_ok(tree_list(tree, node, &children, &err_));
	for (size_t i = 0; i < children->len; i++)
		strvec_add(&names, children->items[i]->name);
	return strvec_join(&names, " ");
}

static void ignored_files_are_not_there(void **state)
{
	AUTO(ignore_freep) struct ignore *ignore = NULL;
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(freep) char *top = NULL, *kept = NULL;
	struct tree_node *node = NULL;

	(void)state;
	write_file("root/a.o");
	write_file("root/b.c");
	write_file("root/out/x");
	write_file("root/lib/keep/this");
	write_file("root/lib/drop");
	write_file("root/empty/drop");
	assert_ok(ignore_parse(span_of("*.o\nout\nlib\nempty\n!lib/keep\n!empty/keep\n"), "ignore",
			       &ignore, &err_));
	tree = open_tree(ignore);
	assert_ok(tree_resolve(tree, "a.o", &node, &err_));
	assert_null(node);
	assert_ok(tree_resolve(tree, "out/x", &node, &err_));
	assert_null(node);
	/* lib is ignored, but something in it is not; of empty nothing is left */
	top = list(tree, ".");
	assert_string_equal(top, "b.c lib");
	kept = list(tree, "lib");
	assert_string_equal(kept, "keep");
}

static void globs_by_segments(void **state)
{
	static const struct {
		const char *pattern, *want;
	} rows[] = {
		{ "*", ".hidden d e f.txt" },
		{ "*.txt", "f.txt" },
		{ "*/x.txt", "d/x.txt e/x.txt" },
		{ "d/*", "d/sub d/x.txt" },
		{ "/d/?.txt", "d/x.txt" },
		{ "[de]/x.*", "d/x.txt e/x.txt" },
		{ "link/*.txt", "d/x.txt" }, /* followed before the wildcard */
		{ "l*/x.txt", "" },          /* not behind it */
		{ "nope/*", "" },
		{ "f.txt/*", "" },
		{ "**/x.txt", "d/x.txt e/x.txt" }, /* as one star */
	};
	AUTO(tree_freep) struct tree *tree = NULL;

	(void)state;
	write_file("root/f.txt");
	write_file("root/.hidden");
	write_file("root/d/x.txt");
	write_file("root/d/sub/x.txt");
	write_file("root/e/x.txt");
	assert_int_equal(symlink("d", "root/link"), 0);
	tree = open_tree(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(strvec_release) struct strvec matches = STRVEC_INIT;
		AUTO(freep) char *joined = NULL;

		assert_ok(tree_glob(tree, rows[i].pattern, &matches, &err_));
		/* `*` also matches the link itself */
		for (size_t m = 0; m < matches.len; m++) {
			if (str_eq(matches.items[m], "link"))
				strvec_remove(&matches, m--);
		}
		joined = strvec_join(&matches, " ");
		assert_row(str_eq(joined, rows[i].want), rows[i].pattern);
	}
}

static void lists_what_was_looked_up_before_once(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(freep) char *names = NULL;
	struct tree_node *node = NULL;

	(void)state;
	write_file("root/b");
	write_file("root/a");
	write_file("root/c");
	tree = open_tree(NULL);
	assert_ok(tree_resolve(tree, "b", &node, &err_));
	names = list(tree, ".");
	assert_string_equal(names, "a b c");
}

/* What was found by name before stays the node that it was. */
static void lists_the_same_in_either_order(void **state)
{
	static const char *const names[] = { "a", "b", "b.c", "d" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(freep) char *path = path_join("root/dir", names[i]);

		write_file(path);
	}
	for (int found_first = 0; found_first < 2; found_first++) {
		AUTO(tree_freep) struct tree *tree = open_tree(NULL);
		struct tree_node *dir = NULL, *node = NULL;
		const struct tree_nodes *children = NULL;

		assert_ok(tree_resolve(tree, "dir", &dir, &err_));
		if (found_first)
			assert_ok(tree_find(tree, dir, "b.c", &node, &err_));
		assert_ok(tree_list(tree, dir, &children, &err_));
		assert_int_equal(children->len, ARRAY_SIZE(names));
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			assert_string_equal(children->items[i]->name, names[i]);
		if (found_first)
			assert_ptr_equal(children->items[2], node);
		assert_int_equal(children->items[1]->st.st_size, strlen("root/dir/b"));
	}
}

static void a_socket_is_an_empty_file(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "root/socket" };
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(fd_closep) int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	AUTO(fd_closep) int fd = -1;
	const struct tree_nodes *children = NULL;
	struct tree_node *node = NULL;
	char byte;

	(void)state;
	write_file("root/a");
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(chmod("root/socket", 0640), 0);
	tree = open_tree(NULL);
	assert_ok(tree_resolve(tree, "socket", &node, &err_));
	assert_int_equal(node->st.st_mode, S_IFREG | 0640);
	assert_ok(tree_open(tree, node, &fd, &err_));
	assert_int_equal(read(fd, &byte, 1), 0);
	tree_freep(&tree);
	tree = open_tree(NULL);
	assert_ok(tree_list(tree, tree->root, &children, &err_));
	assert_int_equal(children->len, 2);
	assert_int_equal(children->items[1]->st.st_mode, S_IFREG | 0640);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(lists_the_same_in_either_order),
		scratch_test(resolves_inside_the_root),
		scratch_test(walks_as_far_as_it_goes),
		scratch_test(a_loop_of_links_is_an_error),
		scratch_test(ignored_files_are_not_there),
		scratch_test(globs_by_segments),
		scratch_test(a_socket_is_an_empty_file),
		scratch_test(lists_what_was_looked_up_before_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
