#include "mount_point.h"

#include "../base/unit.h"
#include "base/fd.h"

/* A root that is its own upper, as a step without lower directories has it: nothing here needs a privilege. */
struct fixture {
	int root;
	struct stubs stubs;
	struct mount_points points;
};

static const struct timespec long_ago = { .tv_sec = 1000000000, .tv_nsec = 5 };

static void age(const char *path)
{
	struct timespec times[2] = { long_ago, long_ago };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void assert_aged(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, long_ago.tv_sec);
	assert_int_equal(st.st_mtim.tv_nsec, long_ago.tv_nsec);
}

static void begin(struct fixture *fixture)
{
	assert_int_equal(mkdir("root/etc", 0755), 0);
	assert_ok(fd_open(AT_FDCWD, "root", O_RDONLY | O_DIRECTORY, 0, &fixture->root, &err_));
	assert_ok(mount_points_init(&fixture->points, fixture->root, fixture->root, &fixture->stubs,
				    &err_));
	age("root/etc");
	age("root");
}

static void make(struct fixture *fixture, const char *target, bool directory)
{
	AUTO(fd_closep) int fd = -1;

	assert_ok(mount_point_make(&fixture->points, target, directory, &fd, &err_));
	assert_true(fd >= 0);
}

static void end(struct fixture *fixture)
{
	stubs_remove(fixture->root, &fixture->stubs);
	stubs_release(&fixture->stubs);
	fd_closep(&fixture->root);
}

static int enter(void **state)
{
	return scratch_enter(state) < 0 || mkdir("root", 0755) < 0 ? -1 : 0;
}

#define root_test(f) cmocka_unit_test_setup_teardown(f, enter, scratch_leave)

static void what_is_there_is_used(void **state)
{
	(void)state;
	struct fixture fixture = { .root = -1 };

	begin(&fixture);
	make(&fixture, "etc", true);
	assert_int_equal(fixture.stubs.made.len, 0);
	end(&fixture);
	assert_true(fs_exists(AT_FDCWD, "root/etc"));
}

static void stubs_come_and_go(void **state)
{
	(void)state;
	struct fixture fixture = { .root = -1 };
	struct stat st;

	begin(&fixture);
	make(&fixture, "etc/resolv.conf", false);
	make(&fixture, "var/lib/cache", true);
	assert_int_equal(stat("root/etc/resolv.conf", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(stat("root/var/lib/cache", &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_aged("root/etc");
	assert_aged("root");
	end(&fixture);
	assert_false(fs_exists(AT_FDCWD, "root/etc/resolv.conf"));
	assert_false(fs_exists(AT_FDCWD, "root/var"));
	assert_aged("root/etc");
	assert_aged("root");
}

static void what_the_step_used_stays(void **state)
{
	(void)state;
	struct fixture fixture = { .root = -1 };

	begin(&fixture);
	make(&fixture, "etc/resolv.conf", false);
	make(&fixture, "var/lib/cache", true);
	make(&fixture, "opt/file", false);
	write_text("root/var/beside", "x");
	write_text("root/opt/file", "grown");
	end(&fixture);
	assert_true(fs_exists(AT_FDCWD, "root/var/beside"));
	assert_false(fs_exists(AT_FDCWD, "root/var/lib"));
	assert_true(fs_exists(AT_FDCWD, "root/opt/file"));
}

/* The time of what the step itself did beside a stub stays. */
static void times_of_the_step_stay(void **state)
{
	(void)state;
	struct fixture fixture = { .root = -1 };
	struct timespec when[2] = { { 1100000000, 0 }, { 1100000000, 0 } };
	struct stat st;

	begin(&fixture);
	make(&fixture, "etc/resolv.conf", false);
	write_text("root/etc/new", "x");
	assert_int_equal(utimensat(AT_FDCWD, "root/etc", when, 0), 0);
	end(&fixture);
	assert_int_equal(stat("root/etc", &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1100000000);
}

static void links_stay_in_the_root(void **state)
{
	(void)state;
	struct fixture fixture = { .root = -1 };

	begin(&fixture);
	assert_int_equal(symlink("../run/a/resolv.conf", "root/etc/resolv.conf"), 0);
	assert_int_equal(symlink("/../../opt", "root/usr"), 0);
	assert_int_equal(symlink("self", "root/self"), 0);
	make(&fixture, "etc/resolv.conf", false);
	make(&fixture, "usr/deep/er", true);
	assert_true(fs_exists(AT_FDCWD, "root/run/a/resolv.conf"));
	assert_true(fs_exists(AT_FDCWD, "root/opt/deep/er"));
	assert_false(fs_exists(AT_FDCWD, "run"));
	end(&fixture);
	assert_false(fs_exists(AT_FDCWD, "root/run"));
	assert_false(fs_exists(AT_FDCWD, "root/opt"));
	assert_true(fs_exists(AT_FDCWD, "root/usr"));
}

static void link_loops_end(void **state)
{
	(void)state;
	struct fixture fixture = { .root = -1 };
	int fd = -1;

	begin(&fixture);
	assert_int_equal(symlink("self", "root/self"), 0);
	assert_int_equal(mount_point_make(&fixture.points, "self/x", true, &fd, &err_), -1);
	end(&fixture);
}

static void kinds_must_agree(void **state)
{
	(void)state;
	struct fixture fixture = { .root = -1 };
	int fd = -1;

	begin(&fixture);
	write_text("root/file", "");
	assert_int_equal(mount_point_make(&fixture.points, "file", true, &fd, &err_), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	err_clear(&err_);
	assert_int_equal(mount_point_make(&fixture.points, "etc", false, &fd, &err_), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	err_clear(&err_);
	assert_int_equal(mount_point_make(&fixture.points, "file/below", true, &fd, &err_), -1);
	end(&fixture);
}

/* The step has put a link where the stub's directory was. */
static void removal_follows_no_link(void **state)
{
	(void)state;
	struct fixture fixture = { .root = -1 };

	begin(&fixture);
	assert_int_equal(mkdir("outside", 0755), 0);
	write_text("outside/stub", "");
	make(&fixture, "dir/stub", false);
	assert_int_equal(unlink("root/dir/stub"), 0);
	assert_int_equal(rmdir("root/dir"), 0);
	assert_int_equal(symlink("../outside", "root/dir"), 0);
	end(&fixture);
	assert_true(fs_exists(AT_FDCWD, "outside/stub"));
}

/* As overlayfs leaves it: the directory of the stub was copied to `upper`, where it was not before. */
static void copied_directories_go_if_unchanged(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		mode_t mode;
		bool stays;
	} rows[] = { { "same", 0755, false }, { "changed", 0700, true } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(fd_closep) int upper = -1;
		struct stubs stubs = STUBS_INIT;
		struct stat st;

		assert_int_equal(mkdir(rows[i].name, 0755), 0);
		age(rows[i].name);
		assert_int_equal(stat(rows[i].name, &st), 0);
		*VEC_ADD(&stubs.copied) = (struct copied_dir){ .path = xstrdup(rows[i].name),
							       .mode = st.st_mode,
							       .uid = st.st_uid,
							       .gid = st.st_gid,
							       .mtime = st.st_mtim };
		assert_int_equal(chmod(rows[i].name, rows[i].mode), 0);
		assert_ok(fd_open(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY, 0, &upper, &err_));
		stubs_remove(upper, &stubs);
		assert_row(fs_exists(AT_FDCWD, rows[i].name) == rows[i].stays, rows[i].name);
		stubs_release(&stubs);
	}
}

/* A stub in a directory of the host, which is bound. */
static void add_host_stub(struct stubs *stubs, const char *path, bool found)
{
	*VEC_ADD(&stubs->made) = (struct stub){
		.path = xstrdup(path),
		.directory = true,
		.host = xstrdup("host"),
		.found = found,
		.lock_fd = -1,
	};
}

static void stubs_on_the_host_go_unless_others_use_them(void **state)
{
	(void)state;
	struct stubs first = STUBS_INIT;
	struct stubs second = STUBS_INIT;

	assert_int_equal(mkdir("host", 0755), 0);
	assert_int_equal(mkdir("host/made", 0755), 0);
	assert_int_equal(mkdir("host/shared", 0755), 0);
	assert_int_equal(mkdir("host/found", 0755), 0);
	age("host");
	add_host_stub(&first, "made", false);
	add_host_stub(&first, "shared", false);
	add_host_stub(&first, "found", true);
	add_host_stub(&second, "shared", true);
	stubs_lock(&first);
	stubs_lock(&second);
	stubs_remove(-1, &first);
	assert_false(fs_exists(AT_FDCWD, "host/made"));
	assert_true(fs_exists(AT_FDCWD, "host/shared"));
	assert_true(fs_exists(AT_FDCWD, "host/found"));
	assert_aged("host");
	stubs_release(&second);
	stubs_remove(-1, &first);
	assert_false(fs_exists(AT_FDCWD, "host/shared"));
	stubs_release(&first);
}

static void stubs_on_the_host_that_became_something_stay(void **state)
{
	(void)state;
	struct stubs stubs = STUBS_INIT;

	assert_int_equal(mkdir("host", 0755), 0);
	assert_int_equal(mkdir("elsewhere", 0755), 0);
	assert_int_equal(mkdir("elsewhere/stub", 0755), 0);
	assert_int_equal(mkdir("host/used", 0755), 0);
	write_text("host/used/file", "x");
	assert_int_equal(symlink("../elsewhere", "host/link"), 0);
	add_host_stub(&stubs, "used", false);
	add_host_stub(&stubs, "link/stub",
		      false); /* the step has put a link in its parent's place */
	stubs_lock(&stubs);
	stubs_remove(-1, &stubs);
	assert_true(fs_exists(AT_FDCWD, "host/used/file"));
	assert_true(fs_exists(AT_FDCWD, "elsewhere/stub"));
	stubs_release(&stubs);
}

static void records_travel(void **state)
{
	(void)state;
	struct stubs sent = STUBS_INIT;
	struct stubs got = STUBS_INIT;
	AUTO(str_release) struct str message = STR_INIT;
	struct wire wire;

	*VEC_ADD(&sent.made) = (struct stub){
		.path = xstrdup("a/b"),
		.directory = true,
		.host = xstrdup("/srv"),
		.found = true,
		.lock_fd = -1,
	};
	*VEC_ADD(&sent.copied) =
		(struct copied_dir){ xstrdup("a"), S_IFDIR | 0755, 1, 2, { -3, 4 } };
	stubs_encode(&sent, &message);
	wire = (struct wire){ .rest = str_span(&message) };
	stubs_decode(&wire, &got);
	assert_false(wire.bad);
	assert_string_equal(got.made.items[0].path, "a/b");
	assert_true(got.made.items[0].directory);
	assert_string_equal(got.made.items[0].host, "/srv");
	assert_true(got.made.items[0].found);
	assert_int_equal(got.made.items[0].lock_fd, -1);
	assert_string_equal(got.copied.items[0].path, "a");
	assert_int_equal(got.copied.items[0].mode, S_IFDIR | 0755);
	assert_int_equal(got.copied.items[0].mtime.tv_sec, -3);
	assert_int_equal(got.copied.items[0].mtime.tv_nsec, 4);
	stubs_release(&sent);
	stubs_release(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		root_test(what_is_there_is_used),
		root_test(stubs_come_and_go),
		root_test(what_the_step_used_stays),
		root_test(times_of_the_step_stay),
		root_test(links_stay_in_the_root),
		root_test(link_loops_end),
		root_test(kinds_must_agree),
		root_test(removal_follows_no_link),
		scratch_test(copied_directories_go_if_unchanged),
		scratch_test(stubs_on_the_host_go_unless_others_use_them),
		scratch_test(stubs_on_the_host_that_became_something_stay),
		cmocka_unit_test(records_travel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
