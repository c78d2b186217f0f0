#include "base/fs.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/path.h"
#include "unit.h"

static void assert_text(const char *path, const char *expect)
{
	AUTO(str_release) struct str s = STR_INIT;

	assert_ok(fs_read_file(AT_FDCWD, path, 1000, &s, &err_));
	assert_string_equal(s.ptr, expect);
}

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static void mkdir_all(void **state)
{
	(void)state;
	struct stat st;

	umask(022);
	assert_ok(fs_mkdir_all(AT_FDCWD, "a/b//c/", 0755, &err_));
	assert_ok(fs_mkdir_all(AT_FDCWD, "a/b/c", 0700, &err_));
	assert_ok(fs_stat(AT_FDCWD, "a/b/c", &st, &err_));
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_ok(fs_mkdir_all(AT_FDCWD, ".", 0700, &err_));
	assert_ok(fs_mkdir_all(AT_FDCWD, "/", 0700, &err_));
	/* through a link to a directory, as mkdir -p */
	assert_int_equal(symlink("a", "link"), 0);
	assert_ok(fs_mkdir_all(AT_FDCWD, "link/d", 0700, &err_));
	assert_true(fs_exists(AT_FDCWD, "a/d"));
	write_text("file", "");
	assert_int_equal(fs_mkdir_all(AT_FDCWD, "file", 0700, &err_), -1);
	assert_string_equal(err_.message, "create the directory 'file': not a directory");
	assert_int_equal(fs_mkdir_all(AT_FDCWD, "file/x", 0700, &err_), -1);
	assert_int_equal(err_.errnum, ENOTDIR);
}

static void read_file_clears_and_limits(void **state)
{
	(void)state;
	AUTO(str_release) struct str s = STR_INIT;

	write_text("f", "12345");
	str_add(&s, "old");
	assert_ok(fs_read_file(AT_FDCWD, "f", 5, &s, &err_));
	assert_string_equal(s.ptr, "12345");
	assert_int_equal(fs_read_file(AT_FDCWD, "f", 4, &s, &err_), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
	assert_int_equal(fs_read_file(AT_FDCWD, "gone", 4, &s, &err_), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
	assert_string_equal(err_.message, "open 'gone': no such file or directory");
	assert_int_equal(fs_read_file(AT_FDCWD, ".", 4, &s, &err_), -1);
	assert_int_equal(err_.errnum, EISDIR);
}

static void atomic_write(void **state)
{
	(void)state;
	struct stat st;

	umask(077);
	assert_ok(fs_mkdir_all(AT_FDCWD, "d", 0755, &err_));
	assert_ok(fs_write_file_atomic(AT_FDCWD, "d/f", "one", 3, 0644, &err_));
	assert_text("d/f", "one");
	assert_ok(fs_stat(AT_FDCWD, "d/f", &st, &err_));
	assert_int_equal(st.st_mode & 07777, 0644); /* whatever the umask */
	assert_ok(fs_write_file_atomic(AT_FDCWD, "d/f", "twotwo", 6, 0600, &err_));
	assert_text("d/f", "twotwo");
	assert_ok(fs_write_file_atomic(AT_FDCWD, "d/f", "", 0, 0600, &err_));
	assert_text("d/f", "");
	assert_int_equal(count_entries("d"), 1);
	umask(022);
}

static void atomic_write_replaces_a_link(void **state)
{
	(void)state;

	write_text("target", "old");
	assert_int_equal(symlink("target", "link"), 0);
	assert_ok(fs_write_file_atomic(AT_FDCWD, "link", "new", 3, 0600, &err_));
	assert_text("target", "old");
	assert_text("link", "new");
}

static void readers_keep_the_old_file(void **state)
{
	(void)state;
	char buf[4] = "";
	int fd = -1;

	write_text("f", "old");
	fd = open("f", O_RDONLY | O_CLOEXEC);
	assert_ok(fs_write_file_atomic(AT_FDCWD, "f", "new", 3, 0600, &err_));
	assert_int_equal(read(fd, buf, 3), 3);
	assert_string_equal(buf, "old");
	close(fd);
}

static void failed_write_leaves_nothing(void **state)
{
	(void)state;

	assert_ok(fs_mkdir_all(AT_FDCWD, "d/taken/full", 0755, &err_));
	assert_int_equal(fs_write_file_atomic(AT_FDCWD, "d/taken", "x", 1, 0600, &err_), -1);
	assert_int_equal(err_.errnum, EISDIR);
	assert_int_equal(count_entries("d"), 1);
	assert_int_equal(fs_write_file_atomic(AT_FDCWD, "no/f", "x", 1, 0600, &err_), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
	assert_string_equal(err_.message, "create 'no/f': open 'no': no such file or directory");
}

static void temp_dirs_differ(void **state)
{
	(void)state;
	AUTO(freep) char *a = NULL;
	AUTO(freep) char *b = NULL;
	AUTO(freep) char *c = NULL;
	struct stat st;

	assert_ok(fs_make_temp_dir(AT_FDCWD, "build-", &a, &err_));
	assert_ok(fs_make_temp_dir(AT_FDCWD, "build-", &b, &err_));
	assert_string_not_equal(a, b);
	assert_memory_equal(a, "build-", 6);
	assert_ok(fs_stat(AT_FDCWD, a, &st, &err_));
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(fs_make_temp_dir(AT_FDCWD, "no/build-", &c, &err_), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
}

static void links_are_seen_not_followed(void **state)
{
	(void)state;
	AUTO(freep) char *target = NULL;
	struct stat st;

	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_true(fs_exists(AT_FDCWD, "dangling"));
	assert_false(fs_exists(AT_FDCWD, "nowhere"));
	assert_ok(fs_stat(AT_FDCWD, "dangling", &st, &err_));
	assert_true(S_ISLNK(st.st_mode));
	assert_ok(fs_readlink(AT_FDCWD, "dangling", &target, &err_));
	assert_string_equal(target, "nowhere");
	assert_int_equal(fs_stat(AT_FDCWD, "nowhere", &st, &err_), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
}

static void realpath_resolves(void **state)
{
	(void)state;
	AUTO(freep) char *real = NULL;
	AUTO(freep) char *cwd = getcwd(NULL, 0);
	AUTO(freep) char *expect = path_join(cwd, "d");

	assert_ok(fs_mkdir_all(AT_FDCWD, "d", 0755, &err_));
	assert_int_equal(symlink("d", "l"), 0);
	assert_ok(fs_realpath("./l/../l", &real, &err_));
	assert_string_equal(real, expect);
}

/* What the two directories are for a given environment; NULL = unset. */
static void homes(void **state)
{
	(void)state;
	AUTO(freep) char *cwd = getcwd(NULL, 0);
	AUTO(freep) char *below_cwd = path_join(cwd, "rel");
	const bool root = geteuid() == 0;
	const struct {
		const char *own, *xdg_data, *home, *expect;
	} rows[] = {
		{ "/own/", "/xdg", "/home/u", "/own" },
		{ "rel", NULL, NULL, below_cwd },
		{ NULL, "/xdg", "/home/u", root ? "/var/lib/edgectl" : "/xdg/edgectl" },
		{ "", NULL, "/home/u", root ? "/var/lib/edgectl" : "/home/u/.local/share/edgectl" },
		{ NULL, "relative", "/home/u",
		  root ? "/var/lib/edgectl" : "/home/u/.local/share/edgectl" },
		{ NULL, NULL, "/", root ? "/var/lib/edgectl" : "/.local/share/edgectl" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *path = NULL;

		rows[i].own ? setenv("EDGECTL_ROOT", rows[i].own, 1) : unsetenv("EDGECTL_ROOT");
		rows[i].xdg_data ? setenv("XDG_DATA_HOME", rows[i].xdg_data, 1)
				 : unsetenv("XDG_DATA_HOME");
		rows[i].home ? setenv("HOME", rows[i].home, 1) : unsetenv("HOME");
		assert_ok(fs_data_home(&path, &err_));
		assert_string_equal(path, rows[i].expect);
	}
	setenv("EDGECTL_CONFIG_HOME", "/conf", 1);
	AUTO(freep) char *config = NULL;
	assert_ok(fs_config_home(&config, &err_));
	assert_string_equal(config, "/conf");
}

static void programs_are_found_in_path(void **state)
{
	(void)state;
	AUTO(freep) char *cwd = getcwd(NULL, 0);
	AUTO(freep) char *path = xasprintf("%s/none:%s/a:relative::%s/b", cwd, cwd, cwd);
	AUTO(freep) char *in_b = path_join(cwd, "b/tool");
	AUTO(freep) char *found = NULL;
	AUTO(freep) char *direct = NULL;

	assert_ok(fs_mkdir_all(AT_FDCWD, "a/tool", 0755, &err_)); /* a directory is none */
	assert_ok(fs_mkdir_all(AT_FDCWD, "b", 0755, &err_));
	assert_ok(fs_mkdir_all(AT_FDCWD, "relative", 0755, &err_));
	write_text("a/plain", "");
	write_text("b/tool", "");
	write_text("relative/hidden", "");
	write_text("here", "");
	assert_int_equal(chmod("b/tool", 0755), 0);
	assert_int_equal(chmod("relative/hidden", 0755), 0);
	assert_int_equal(chmod("here", 0755), 0);
	setenv("PATH", path, 1);
	found = fs_find_program("tool");
	assert_string_equal(found, in_b);
	assert_null(fs_find_program("plain"));
	assert_null(fs_find_program("hidden"));
	assert_null(fs_find_program("here"));
	assert_null(fs_find_program(""));
	assert_null(fs_find_program("./a/plain"));
	direct = fs_find_program("./here");
	assert_string_equal(direct, "./here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(mkdir_all),
		scratch_test(read_file_clears_and_limits),
		scratch_test(atomic_write),
		scratch_test(atomic_write_replaces_a_link),
		scratch_test(readers_keep_the_old_file),
		scratch_test(failed_write_leaves_nothing),
		scratch_test(temp_dirs_differ),
		scratch_test(links_are_seen_not_followed),
		scratch_test(realpath_resolves),
		scratch_test(homes),
		scratch_test(programs_are_found_in_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
