/*
 * fd_open_in_root(): the same table once by openat2(2), and once with openat2 refused, so that the
 * walk is run.
 */
#include <linux/openat2.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "unit.h"

/*
 * What a row expects: text of a file, a directory (by its name below the root), a link, or an
 * errno.
 */
enum outcome { FILE_TEXT, DIRECTORY, LINK, FAILS };

struct row {
	const char *path;
	int flags;
	enum outcome outcome;
	const char *expect;
	int errnum;
};

#define TEXT(path, text)                           \
	{                                          \
		path, O_RDONLY, FILE_TEXT, text, 0 \
	}
#define DIR_AT(path, name)                                       \
	{                                                        \
		path, O_RDONLY | O_DIRECTORY, DIRECTORY, name, 0 \
	}
#define ERROR(path, flags, errnum)               \
	{                                        \
		path, flags, FAILS, NULL, errnum \
	}

static const struct row rows[] = {
	TEXT("dir/file", "inside"),
	TEXT("/dir/file", "inside"),
	TEXT("//dir///file", "inside"),
	TEXT("./dir/./file", "inside"),
	TEXT("dir/../dir/file", "inside"),
	DIR_AT(".", "."),
	DIR_AT("/", "."),
	DIR_AT("dir/", "dir"),
	DIR_AT("dir/.", "dir"),
	DIR_AT("deep/a/b/..", "deep/a"),
	DIR_AT("deep/a/b/../..", "deep"),
	/* above the root is the root */
	DIR_AT("..", "."),
	DIR_AT("../../..", "."),
	DIR_AT("dir/../..", "."),
	TEXT("../../dir/file", "inside"),
	TEXT("/../etc/passwd", "inside passwd"),
	/* links: absolute ones and those with ".." stay inside */
	TEXT("absolute", "inside passwd"),
	TEXT("upwards", "inside passwd"),
	TEXT("dirlink/file", "inside"),
	TEXT("absdir/file", "inside"),
	TEXT("chain", "inside"),
	TEXT("dotlink/dotlink/dir/file", "inside"),
	TEXT("deep/a/b/back", "inside"),
	TEXT("dirlink/../dir/file", "inside"), /* ".." of where the link led */
	TEXT("intodeep/../../dir/file", "inside"),
	DIR_AT("deep/a/absdir/..", "."),
	TEXT("deep/a/absdir/../dir/file", "inside"),
	DIR_AT("dirlink", "dir"),
	DIR_AT("dirlink/", "dir"),
	DIR_AT("rootlink", "."),
	DIR_AT("parentlink", "."),
	ERROR("secret", O_RDONLY, ENOENT),
	ERROR("../secret", O_RDONLY, ENOENT),
	ERROR("escape", O_RDONLY, ENOENT),
	ERROR("escapedir/secret", O_RDONLY, ENOENT),
	ERROR("dangling", O_RDONLY, ENOENT),
	ERROR("loop", O_RDONLY, ELOOP),
	ERROR("loop/x", O_RDONLY, ELOOP),
	TEXT("link40", "inside"),
	ERROR("link41", O_RDONLY, ELOOP),
	/* O_NOFOLLOW is about the last name only, and not about one with a slash behind it */
	ERROR("dirlink", O_RDONLY | O_NOFOLLOW, ELOOP),
	{ "dirlink/file", O_RDONLY | O_NOFOLLOW, FILE_TEXT, "inside", 0 },
	{ "dirlink/", O_RDONLY | O_NOFOLLOW, DIRECTORY, "dir", 0 },
	{ "dirlink", O_PATH | O_NOFOLLOW, LINK, NULL, 0 },
	{ "dirlink", O_PATH, DIRECTORY, "dir", 0 },
	{ "dir/file", O_PATH, FILE_TEXT, NULL, 0 },
	/* what is not there or is something else */
	ERROR("", O_RDONLY, ENOENT),
	ERROR("missing", O_RDONLY, ENOENT),
	ERROR("missing/x", O_RDONLY, ENOENT),
	ERROR("missing/..", O_RDONLY, ENOENT),
	ERROR("dir/file/", O_RDONLY, ENOTDIR),
	ERROR("dir/file/x", O_RDONLY, ENOTDIR),
	ERROR("dir/file/..", O_RDONLY, ENOTDIR),
	ERROR("dir/file", O_RDONLY | O_DIRECTORY, ENOTDIR),
	ERROR("dir", O_WRONLY, EISDIR),
	ERROR("dir/", O_WRONLY | O_CREAT, EISDIR),
	/* creation */
	ERROR("dir/file", O_WRONLY | O_CREAT | O_EXCL, EEXIST),
	ERROR("dangling", O_WRONLY | O_CREAT | O_EXCL, EEXIST),
	ERROR("missing/x", O_WRONLY | O_CREAT, ENOENT),
	{ "dir/new", O_RDWR | O_CREAT | O_EXCL, FILE_TEXT, "", 0 },
	{ "createdby", O_RDWR | O_CREAT, FILE_TEXT, "", 0 }, /* makes its target, inside */
	TEXT("etc/created", ""),
};

static void link_to(const char *target, const char *path)
{
	assert_int_equal(symlink(target, path), 0);
}

static void make_tree(void)
{
	assert_ok(fs_mkdir_all(AT_FDCWD, "root/dir", 0755, &err_));
	assert_ok(fs_mkdir_all(AT_FDCWD, "root/etc", 0755, &err_));
	assert_ok(fs_mkdir_all(AT_FDCWD, "root/deep/a/b", 0755, &err_));
	write_text("secret", "outside");
	write_text("root/dir/file", "inside");
	write_text("root/etc/passwd", "inside passwd");
	link_to("/etc/passwd", "root/absolute");
	link_to("../../../../../../../../../../etc/passwd", "root/upwards");
	link_to("dir", "root/dirlink");
	link_to("/dir", "root/absdir");
	link_to("chain2", "root/chain");
	link_to("dirlink/file", "root/chain2");
	link_to(".", "root/dotlink");
	link_to("../../../dir/file", "root/deep/a/b/back");
	link_to("/dir", "root/deep/a/absdir");
	link_to("deep/a", "root/intodeep");
	link_to("/", "root/rootlink");
	link_to("..", "root/parentlink");
	link_to("../secret", "root/escape");
	link_to("..", "root/escapedir");
	link_to("/nowhere", "root/dangling");
	link_to("/etc/created", "root/createdby");
	link_to("loop", "root/loop");
	link_to("dir/file", "root/link1");
	for (int i = 2; i <= 41; i++) {
		char name[32], target[32];

		(void)snprintf(name, sizeof(name), "root/link%d", i);
		(void)snprintf(target, sizeof(target), "link%d", i - 1);
		link_to(target, name);
	}
}

static bool is_as_expected(int root_fd, const struct row *row, int fd)
{
	struct stat st, expect;
	char text[32] = "";

	if (fstat(fd, &st) < 0 || !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
		return false;
	switch (row->outcome) {
	case FILE_TEXT:
		return S_ISREG(st.st_mode) &&
		       (!row->expect ||
			(read(fd, text, sizeof(text) - 1) >= 0 && !strcmp(text, row->expect)));
	case DIRECTORY:
		return fstatat(root_fd, row->expect, &expect, 0) == 0 && st.st_ino == expect.st_ino;
	case LINK: return S_ISLNK(st.st_mode);
	case FAILS: break;
	}
	return false;
}

/* Also run in a child, where cmocka must not jump: counts and prints. */
static int check_rows(int root_fd, const struct row *table, size_t count)
{
	int bad = 0;

	for (size_t i = 0; i < count; i++) {
		const struct row *row = &table[i];
		AUTO(fd_closep) int fd = -1;
		int result = fd_open_in_root(root_fd, row->path, row->flags, 0640, &fd, &err_);
		bool good = result < 0 ? row->outcome == FAILS && err_.errnum == row->errnum
				       : is_as_expected(root_fd, row, fd);

		if (good)
			continue;
		(void)fprintf(stderr, "row '%s', flags %#o: %s\n", row->path, (unsigned)row->flags,
			      result < 0 ? err_.message : "opened something else");
		bad++;
	}
	err_clear(&err_);
	return bad;
}

static int deny_openat2(int errnum)
{
	struct open_how how = { .flags = O_RDONLY };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (!filter ||
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)errnum), SCMP_SYS(openat2), 0) < 0 ||
	    seccomp_load(filter) < 0)
		return -1;
	seccomp_release(filter);
	if (syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof(how)) >= 0 || errno != errnum)
		return -1;
	return 0;
}

static void check_without_openat2(int root_fd, const struct row *table, size_t count, int errnum)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(deny_openat2(errnum) < 0 ? 100 : check_rows(root_fd, table, count));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int open_root(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void table_by_the_kernel(void **state)
{
	(void)state;
	AUTO(fd_closep) int root_fd = -1;

	make_tree();
	root_fd = open_root("root");
	assert_int_equal(check_rows(root_fd, rows, ARRAY_SIZE(rows)), 0);
}

static void table_by_the_walk(void **state)
{
	(void)state;
	AUTO(fd_closep) int root_fd = -1;

	make_tree();
	root_fd = open_root("root");
	check_without_openat2(root_fd, rows, ARRAY_SIZE(rows), ENOSYS);
}

static void table_by_the_walk_where_a_filter_says_eperm(void **state)
{
	(void)state;
	AUTO(fd_closep) int root_fd = -1;

	make_tree();
	root_fd = open_root("root");
	check_without_openat2(root_fd, rows, ARRAY_SIZE(rows), EPERM);
}

static const struct row magic_rows[] = {
	ERROR("proc/self/root", O_RDONLY, ELOOP),
	ERROR("proc/self/root/etc", O_RDONLY, ELOOP),
	ERROR("proc/self/cwd", O_RDONLY, ELOOP),
	ERROR("proc/self/exe", O_RDONLY, ELOOP),
	ERROR("proc/self/fd/0", O_RDONLY, ELOOP),
	ERROR("proc/self/fd/9", O_RDONLY, ELOOP), /* an unnamed pipe, see below */
	ERROR("proc/self/ns/net", O_RDONLY, ELOOP),
	{ "proc/self/exe", O_PATH | O_NOFOLLOW, LINK, NULL, 0 },
	/* the ordinary links of /proc */
	{ "proc/self/status", O_PATH, FILE_TEXT, NULL, 0 },
	{ "proc/mounts", O_PATH, FILE_TEXT, NULL, 0 },
	{ "proc/thread-self/status", O_PATH, FILE_TEXT, NULL, 0 },
};

static void magic_links_lead_nowhere(void **state)
{
	(void)state;
	AUTO(fd_closep) int root_fd = open_root("/");
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], 9), 9);
	assert_int_equal(check_rows(root_fd, magic_rows, ARRAY_SIZE(magic_rows)), 0);
	check_without_openat2(root_fd, magic_rows, ARRAY_SIZE(magic_rows), ENOSYS);
	close(9);
	close(ends[0]);
	close(ends[1]);
}

/* A path that would grow for ever through a link that names itself as its directory. */
static void growing_paths_end(void **state)
{
	(void)state;
	AUTO(fd_closep) int root_fd = -1;
	AUTO(str_release) struct str longest = STR_INIT;
	struct row table[] = { ERROR("grow", O_RDONLY, ELOOP), ERROR("", O_RDONLY, ENAMETOOLONG) };

	assert_ok(fs_mkdir_all(AT_FDCWD, "root", 0755, &err_));
	link_to("grow/x", "root/grow");
	while (longest.len < 5000)
		str_add(&longest, "a/");
	table[1].path = longest.ptr;
	root_fd = open_root("root");
	assert_int_equal(check_rows(root_fd, table, ARRAY_SIZE(table)), 0);
	check_without_openat2(root_fd, table, ARRAY_SIZE(table), ENOSYS);
}

static void mode_of_a_new_file(void **state)
{
	(void)state;
	AUTO(fd_closep) int root_fd = -1;
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	umask(0);
	make_tree();
	root_fd = open_root("root");
	assert_ok(
		fd_open_in_root(root_fd, "/dir/../dir/made", O_WRONLY | O_CREAT, 0604, &fd, &err_));
	assert_ok(fs_stat(AT_FDCWD, "root/dir/made", &st, &err_));
	assert_int_equal(st.st_mode & 0777, 0604);
	umask(022);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(table_by_the_kernel),
		scratch_test(table_by_the_walk),
		scratch_test(table_by_the_walk_where_a_filter_says_eperm),
		scratch_test(magic_links_lead_nowhere),
		scratch_test(growing_paths_end),
		scratch_test(mode_of_a_new_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
