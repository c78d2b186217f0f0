#include "view.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/path.h"
#include "base/str.h"
#include "unit.h"

static void write_file(const char *path)
{
	AUTO(freep) char *dir = path_dir(path);

	assert_ok(fs_mkdir_all(AT_FDCWD, dir, 0755, &err_));
	write_text(path, path);
}

static void whiteout(const char *path)
{
	AUTO(freep) char *dir = path_dir(path);

	assert_ok(fs_mkdir_all(AT_FDCWD, dir, 0755, &err_));
	assert_int_equal(mknod(path, S_IFCHR, makedev(0, 0)), 0);
}

static struct tree *open_view(void)
{
	AUTO(strvec_release) struct strvec lowers = STRVEC_INIT;
	struct tree *tree = NULL;

	strvec_add(&lowers, "0");
	strvec_add(&lowers, "1");
	strvec_add(&lowers, "2");
	for (size_t i = 0; i < lowers.len; i++)
		assert_ok(fs_mkdir_all(AT_FDCWD, lowers.items[i], 0755, &err_));
	assert_ok(view_open(AT_FDCWD, &lowers, &tree, &err_));
	return tree;
}

/* The text of the file that `path` shows; NULL = not there; "" = not a regular file. */
static char *show(struct tree *tree, const char *path)
{
	struct tree_node *node = NULL;
	char buf[100];
	ssize_t n;
	int fd = -1;

	assert_ok(tree_resolve(tree, path, &node, &err_));
	if (!node)
		return NULL;
	if (!S_ISREG(node->st.st_mode))
		return xstrdup("");
	assert_ok(tree_open(tree, node, &fd, &err_));
	n = read(fd, buf, sizeof(buf));
	assert_int_equal(close(fd), 0);
	assert_true(n >= 0);
	return xstrndup(buf, (size_t)n);
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

static void upper_layers_win(void **state)
{
	static const struct {
		const char *path, *want;
	} rows[] = {
		{ "only-low", "0/only-low" },   { "both", "2/both" },
		{ "d/low", "0/d/low" },         { "d/middle", "1/d/middle" },
		{ "d/high", "2/d/high" },       { "gone", NULL },
		{ "back", "2/back" },           { "gone-dir/x", NULL },
		{ "remade/old", NULL },         { "remade/new", "2/remade/new" },
		{ "file-now", "2/file-now" },   { "file-now/x", NULL },
		{ "dir-now/x", "2/dir-now/x" }, { "link/low", "0/d/low" },
	};
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(freep) char *top = NULL, *dir = NULL, *remade = NULL;

	(void)state;
	write_file("0/only-low");
	write_file("0/both");
	write_file("2/both");
	write_file("0/d/low");
	write_file("1/d/middle");
	write_file("2/d/high");
	write_file("0/gone");
	whiteout("1/gone");
	write_file("0/back");
	whiteout("1/back");
	write_file("2/back");
	write_file("0/gone-dir/x");
	whiteout("2/gone-dir");
	write_file("0/remade/old");
	whiteout("1/remade");
	write_file("2/remade/new");
	write_file("0/file-now/x");
	write_file("2/file-now");
	write_file("0/dir-now");
	write_file("2/dir-now/x");
	assert_int_equal(symlink("d", "1/link"), 0);
	tree = open_view();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *have = show(tree, rows[i].path);

		assert_row(str_eq(have, rows[i].want), rows[i].path);
	}
	top = list(tree, ".");
	assert_string_equal(top, "back both d dir-now file-now link only-low remade");
	dir = list(tree, "d");
	assert_string_equal(dir, "high low middle");
	remade = list(tree, "remade");
	assert_string_equal(remade, "new");
}

static void opaque_directories_hide_what_is_below(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(freep) char *names = NULL, *low = NULL;

	(void)state;
	write_file("0/d/low");
	write_file("1/d/middle");
	write_file("2/d/high");
	if (lsetxattr("1/d", "user.overlay.opaque", "y", 1, 0) < 0)
		skip(); /* a file system without attributes cannot hold overlay layers either */
	tree = open_view();
	low = show(tree, "d/low");
	assert_null(low);
	names = list(tree, "d");
	assert_string_equal(names, "high middle");
}

/* As the unpacker marks where the file system refuses overlayfs's own marks. */
static void marks_of_our_own_count_too(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(freep) char *names = NULL, *top = NULL;

	(void)state;
	write_file("0/d/low");
	write_file("0/gone");
	write_file("0/empty");
	write_file("1/d/high");
	write_text("1/gone", "");
	write_text("1/empty", "");
	if (lsetxattr("1/gone", "user.edgectl.whiteout", "y", 1, 0) < 0)
		skip();
	assert_int_equal(lsetxattr("1/d", "user.edgectl.opaque", "y", 1, 0), 0);
	tree = open_view();
	names = list(tree, "d");
	assert_string_equal(names, "high");
	top = list(tree, ".");
	assert_string_equal(top, "d empty");
}

static void the_uppermost_directory_gives_the_metadata(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	struct tree_node *node = NULL;

	(void)state;
	write_file("0/d/low");
	write_file("1/d/middle");
	assert_int_equal(chmod("0/d", 0700), 0);
	assert_int_equal(chmod("1/d", 0711), 0);
	tree = open_view();
	assert_ok(tree_resolve(tree, "d", &node, &err_));
	assert_int_equal(node->st.st_mode & 07777, 0711);
}

static void links_do_not_lead_out(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(freep) char *text = NULL;

	(void)state;
	write_file("outside");
	write_file("0/outside");
	assert_ok(fs_mkdir_all(AT_FDCWD, "1", 0755, &err_));
	assert_int_equal(symlink("../../../../outside", "1/escape"), 0);
	tree = open_view();
	text = show(tree, "escape");
	assert_string_equal(text, "0/outside");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(upper_layers_win),
		scratch_test(opaque_directories_hide_what_is_below),
		scratch_test(marks_of_our_own_count_too),
		scratch_test(the_uppermost_directory_gives_the_metadata),
		scratch_test(links_do_not_lead_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
