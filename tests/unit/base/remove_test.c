/* fs_remove_all() */
#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "unit.h"

#define SKIPPED    77
#define NEEDS_ROOT 78 /* another user has nothing to see here, wherever it is */

/*
 * Runs `body` in a child, which is to return 0, SKIPPED or NEEDS_ROOT; a failed call of its own reports by
 * exiting.
 */
static void run_in_child(int (*body)(void))
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NEEDS_ROOT ||
	    (WEXITSTATUS(status) == SKIPPED && !getenv("EDGECTL_TESTS_MUST_RUN")))
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define CHECK(condition)                                                         \
	do {                                                                     \
		if (!(condition)) {                                              \
			(void)fprintf(stderr, "%d: %s\n", __LINE__, #condition); \
			return 1;                                                \
		}                                                                \
	} while (0)

static void removes_a_tree(void **state)
{
	(void)state;

	assert_ok(fs_mkdir_all(AT_FDCWD, "t/a/b/c", 0755, &err_));
	assert_ok(fs_mkdir_all(AT_FDCWD, "t/empty", 0755, &err_));
	write_text("t/a/f", "x");
	write_text("t/a/b/.hidden", "x");
	assert_int_equal(mkfifo("t/fifo", 0600), 0);
	assert_ok(fs_remove_all(AT_FDCWD, "t/", &err_));
	assert_false(fs_exists(AT_FDCWD, "t"));
}

static void what_is_not_there_is_fine(void **state)
{
	(void)state;

	write_text("f", "");
	assert_ok(fs_remove_all(AT_FDCWD, "gone", &err_));
	assert_ok(fs_remove_all(AT_FDCWD, "gone/too", &err_));
	assert_ok(fs_remove_all(AT_FDCWD, "f/below", &err_));
	assert_ok(fs_remove_all(AT_FDCWD, "f", &err_));
	assert_false(fs_exists(AT_FDCWD, "f"));
}

static void links_are_removed_not_followed(void **state)
{
	(void)state;
	AUTO(freep) char *cwd = getcwd(NULL, 0);

	assert_ok(fs_mkdir_all(AT_FDCWD, "keep", 0755, &err_));
	write_text("keep/f", "x");
	assert_ok(fs_mkdir_all(AT_FDCWD, "t", 0755, &err_));
	assert_int_equal(symlink("../keep", "t/relative"), 0);
	assert_int_equal(symlink(cwd, "t/absolute"), 0);
	assert_int_equal(symlink("t", "link"), 0);
	assert_ok(fs_remove_all(AT_FDCWD, "link", &err_)); /* the link itself */
	assert_true(fs_exists(AT_FDCWD, "t"));
	assert_ok(fs_remove_all(AT_FDCWD, "t", &err_));
	assert_false(fs_exists(AT_FDCWD, "t"));
	assert_true(fs_exists(AT_FDCWD, "keep/f"));
}

static void names_that_are_refused(void **state)
{
	(void)state;
	static const char *const names[] = { "", ".", "..", "/", "//", "a/.", "a/..", "a/../" };

	assert_ok(fs_mkdir_all(AT_FDCWD, "a", 0755, &err_));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_row(fs_remove_all(AT_FDCWD, names[i], &err_) == -1, names[i]);
		assert_int_equal(err_.errnum, EINVAL);
	}
	assert_true(fs_exists(AT_FDCWD, "a"));
}

/* An ordinary user, for whom modes count, in a directory that is his. */
static int become_user(void)
{
	if (geteuid() != 0)
		return 0;
	return chown(".", 65534, 65534) < 0 || setgid(65534) < 0 || setuid(65534) < 0 ? -1 : 0;
}

static int hostile_modes_body(void)
{
	static const char *const dirs[] = { "t", "t/unreadable", "t/unreadable/in", "t/unwritable",
					    "t/unsearchable" };
	static const mode_t modes[] = { 0500, 0300, 0000, 0500, 0600 };

	CHECK(become_user() == 0);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		char file[64];

		(void)snprintf(file, sizeof(file), "%s/f", dirs[i]);
		CHECK(mkdir(dirs[i], 0755) == 0);
		CHECK(close(open(file, O_CREAT | O_WRONLY, 0000)) == 0);
	}
	for (size_t i = ARRAY_SIZE(dirs); i-- > 0;)
		CHECK(chmod(dirs[i], modes[i]) == 0);
	CHECK(fs_remove_all(AT_FDCWD, "t", &err_) == 0);
	CHECK(!fs_exists(AT_FDCWD, "t"));
	return 0;
}

static void hostile_modes(void **state)
{
	(void)state;
	run_in_child(hostile_modes_body);
}

static int foreign_parent_body(void)
{
	if (geteuid() != 0)
		return NEEDS_ROOT;
	/* root's directory, in the user's tree: cannot be emptied */
	CHECK(mkdir("t", 0755) == 0 && mkdir("t/mine", 0755) == 0 && mkdir("t/roots", 0755) == 0);
	CHECK(mkdir("t/zz", 0755) == 0);
	write_text("t/roots/f", "x");
	write_text("t/mine/f", "x");
	CHECK(chown("t", 65534, 65534) == 0 && chown("t/mine", 65534, 65534) == 0);
	CHECK(become_user() == 0);
	CHECK(fs_remove_all(AT_FDCWD, "t", &err_) == -1);
	CHECK(err_.kind == ERR_DENIED);
	CHECK(strcmp(err_.message, "remove 'f' in 't': permission denied") == 0);
	/* as much as it could */
	CHECK(fs_exists(AT_FDCWD, "t/roots/f"));
	CHECK(!fs_exists(AT_FDCWD, "t/mine"));
	CHECK(!fs_exists(AT_FDCWD, "t/zz"));
	return 0;
}

static void removes_as_much_as_it_can(void **state)
{
	(void)state;
	run_in_child(foreign_parent_body);
}

/* Deeper than there are descriptors, and than a path name may be long. */
static int deep_body(void)
{
	const struct rlimit few = { .rlim_cur = 200, .rlim_max = 200 };
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
	for (int i = 0; i < 3000; i++) {
		int next = -1;

		CHECK(mkdirat(fd, i ? "dir" : "t", 0755) == 0);
		next = openat(fd, i ? "dir" : "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		CHECK(next >= 0);
		CHECK(close(openat(next, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
		close(fd);
		fd = next;
	}
	close(fd);
	if (fs_remove_all(AT_FDCWD, "t", &err_) < 0) {
		(void)fprintf(stderr, "%s\n", err_.message);
		return 1;
	}
	CHECK(!fs_exists(AT_FDCWD, "t"));
	return 0;
}

static void deep_trees(void **state)
{
	(void)state;
	run_in_child(deep_body);
}

static void wide_trees(void **state)
{
	(void)state;

	assert_ok(fs_mkdir_all(AT_FDCWD, "t", 0755, &err_));
	for (int i = 0; i < 3000; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "t/%d", i);
		write_text(name, "");
	}
	assert_ok(fs_remove_all(AT_FDCWD, "t", &err_));
	assert_false(fs_exists(AT_FDCWD, "t"));
}

static int write_map(const char *path, unsigned id)
{
	AUTO(freep) char *map = xasprintf("0 %u 1", id);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = write(fd, map, strlen(map));

	close(fd);
	return n < 0 ? -1 : 0;
}

static int own_mounts(void)
{
	unsigned uid = geteuid(), gid = getegid();

	if (uid == 0 && unshare(CLONE_NEWNS) == 0)
		return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	(void)write_map("/proc/self/uid_map", uid);
	(void)close(open("/proc/self/setgroups", O_RDONLY));
	(void)write_map("/proc/self/gid_map", gid);
	return 0;
}

static int mounts_body(void)
{
	CHECK(mkdir("keep", 0755) == 0 && mkdir("t", 0755) == 0 && mkdir("t/mnt", 0755) == 0);
	CHECK(close(open("keep/f", O_CREAT | O_WRONLY, 0600)) == 0);
	CHECK(close(open("t/f", O_CREAT | O_WRONLY, 0600)) == 0);
	if (own_mounts() < 0)
		return SKIPPED;
	/* The same file system: st_dev does not tell. */
	CHECK(mount("keep", "t/mnt", NULL, MS_BIND, NULL) == 0);
	CHECK(fs_remove_all(AT_FDCWD, "t", &err_) == -1);
	CHECK(err_.errnum == EBUSY);
	CHECK(fs_exists(AT_FDCWD, "keep/f"));
	CHECK(!fs_exists(AT_FDCWD, "t/f"));
	CHECK(fs_remove_all(AT_FDCWD, "t/mnt", &err_) == -1);
	CHECK(err_.errnum == EBUSY);
	CHECK(fs_exists(AT_FDCWD, "keep/f"));
	return 0;
}

static void mounts_are_left_alone(void **state)
{
	(void)state;
	run_in_child(mounts_body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(removes_a_tree),
		scratch_test(what_is_not_there_is_fine),
		scratch_test(links_are_removed_not_followed),
		scratch_test(names_that_are_refused),
		scratch_test(hostile_modes),
		scratch_test(removes_as_much_as_it_can),
		scratch_test(deep_trees),
		scratch_test(wide_trees),
		scratch_test(mounts_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
