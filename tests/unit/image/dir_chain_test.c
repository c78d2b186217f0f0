#include "dir_chain.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "image_unit.h"

static int open_path(struct dir_chain *chain, const char *path, enum dir_chain_mode mode)
{
	int fd = -1;

	assert_ok(dir_chain_open(chain, path, mode, &fd, &err_));
	return fd;
}

static void assert_is(int fd, const char *path)
{
	struct stat a, b;

	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(lstat(path, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
}

static void makes_and_finds(void **state)
{
	(void)state;
	static const char *const paths[] = {
		"a/b/c", "a/b/d", "a/b/d", "x", ".", "a/b", "a/b/c/e"
	};
	AUTO(fd_closep) int root = open_dir(".");
	AUTO(dir_chain_release) struct dir_chain chain;

	umask(077);
	dir_chain_init(&chain, root);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_is(open_path(&chain, paths[i], DIR_CHAIN_MAKE), paths[i]);
	umask(022);
	struct stat st;
	assert_int_equal(stat("a/b", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
}

static void existing_only(void **state)
{
	(void)state;
	AUTO(fd_closep) int root = open_dir(".");
	AUTO(dir_chain_release) struct dir_chain chain;

	dir_chain_init(&chain, root);
	write_text("file", "");
	assert_int_equal(mkdir("dir", 0755), 0);
	assert_int_equal(symlink("dir", "link"), 0);
	assert_int_equal(open_path(&chain, "none", DIR_CHAIN_EXISTING), -1);
	assert_int_equal(open_path(&chain, "file", DIR_CHAIN_EXISTING), -1);
	assert_int_equal(open_path(&chain, "link", DIR_CHAIN_EXISTING), -1);
	assert_is(open_path(&chain, "dir", DIR_CHAIN_EXISTING), "dir");
	assert_int_equal(open_path(&chain, "dir/none/x", DIR_CHAIN_EXISTING), -1);
}

static void bad_components(void **state)
{
	(void)state;
	static const char *const paths[] = { "..", "a/../b", "/a", "a//b", "./a", "a/." };
	AUTO(fd_closep) int root = open_dir(".");
	AUTO(dir_chain_release) struct dir_chain chain;
	int fd;

	dir_chain_init(&chain, root);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		err_clear(&err_);
		assert_row(dir_chain_open(&chain, paths[i], DIR_CHAIN_MAKE, &fd, &err_) == -1 &&
				   err_.kind == ERR_INPUT,
			   paths[i]);
	}
}

/* Deeper than the descriptors that it holds, and than PATH_MAX. */
static void deep(void **state)
{
	(void)state;
	AUTO(fd_closep) int root = open_dir(".");
	AUTO(dir_chain_release) struct dir_chain chain;
	AUTO(str_release) struct str path = STR_INIT;
	struct stat deepest, again, half;

	dir_chain_init(&chain, root);
	for (int i = 0; i < 300; i++)
		str_addf(&path, "%scomponent-of-some-length-%d", i ? "/" : "", i);
	assert_int_equal(fstat(open_path(&chain, path.ptr, DIR_CHAIN_MAKE), &deepest), 0);
	char *cut = strstr(path.ptr, "/component-of-some-length-150");
	*cut = '\0';
	assert_int_equal(fstat(open_path(&chain, path.ptr, DIR_CHAIN_MAKE), &half), 0);
	assert_true(half.st_ino != deepest.st_ino);
	/* a branch at half the depth, then down again */
	AUTO(freep) char *branch = xasprintf("%s/branch", path.ptr);
	open_path(&chain, branch, DIR_CHAIN_MAKE);
	*cut = '/';
	assert_int_equal(fstat(open_path(&chain, path.ptr, DIR_CHAIN_EXISTING), &again), 0);
	assert_int_equal(again.st_ino, deepest.st_ino);
}

static void other_things_make_way(void **state)
{
	(void)state;
	AUTO(fd_closep) int root = open_dir(".");
	AUTO(dir_chain_release) struct dir_chain chain;
	char value[4] = "";

	dir_chain_init(&chain, root);
	assert_int_equal(mkdir("outside", 0755), 0);
	assert_int_equal(mkdir("root", 0755), 0);
	assert_int_equal(symlink("../outside", "root/link"), 0);
	write_text("root/file", "");
	open_path(&chain, "root/link/x", DIR_CHAIN_MAKE);
	open_path(&chain, "root/file/x", DIR_CHAIN_MAKE);
	assert_false(fs_exists(AT_FDCWD, "outside/x"));
	assert_true(fs_exists(AT_FDCWD, "root/link/x"));
	/* the directory below was to be hidden, and still is */
	assert_int_equal(mknod("root/gone", S_IFCHR, makedev(0, 0)), 0);
	open_path(&chain, "root/gone/x", DIR_CHAIN_MAKE);
	assert_int_equal(getxattr("root/gone", "user.overlay.opaque", value, sizeof(value)), 1);
	assert_int_equal(value[0], 'y');
	assert_int_equal(getxattr("root/file", "user.overlay.opaque", value, sizeof(value)), -1);
}

static void forget(void **state)
{
	(void)state;
	AUTO(fd_closep) int root = open_dir(".");
	AUTO(dir_chain_release) struct dir_chain chain;

	dir_chain_init(&chain, root);
	open_path(&chain, "a/b/c", DIR_CHAIN_MAKE);
	dir_chain_forget(&chain, "a/bb");
	dir_chain_forget(&chain, "a/b/c/d");
	assert_int_equal(chain.len, 3);
	dir_chain_forget(&chain, "a/b");
	assert_int_equal(chain.len, 1);
	assert_ok(dir_clear(root, "a", &err_));
	dir_chain_forget(&chain, "a");
	assert_is(open_path(&chain, "a/b", DIR_CHAIN_MAKE), "a/b");
	assert_ok(dir_clear(root, "none", &err_));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(makes_and_finds),       scratch_test(existing_only),
		scratch_test(bad_components),        scratch_test(deep),
		scratch_test(other_things_make_way), scratch_test(forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
