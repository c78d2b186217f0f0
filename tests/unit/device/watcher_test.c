/* Real files, real inotify: what each kind of change to a tree is told as. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/str.h"
#include "device/watcher.h"

struct place {
	char *dir;
	struct watcher *watcher;
	struct ignore *ignore;
};

static char *at(const struct place *place, const char *name)
{
	return path_join(place->dir, name);
}

static void put(const struct place *place, const char *name)
{
	AUTO(freep) char *path = at(place, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, name, 1), 1);
	close(fd);
}

static void make(const struct place *place, const char *name)
{
	AUTO(freep) char *path = at(place, name);

	assert_int_equal(fs_mkdir_all(AT_FDCWD, path, 0755, NULL), 0);
}

static void move(const struct place *place, const char *from, const char *to)
{
	AUTO(freep) char *old = at(place, from);
	AUTO(freep) char *new = at(place, to);

	assert_int_equal(rename(old, new), 0);
}

static void drop(const struct place *place, const char *name)
{
	AUTO(freep) char *path = at(place, name);

	assert_int_equal(fs_remove_all(AT_FDCWD, path, NULL), 0);
}

/* What has changed is exactly this, names with blanks between them. */
static void check(const struct place *place, const char *expected)
{
	AUTO(watcher_changes_release) struct watcher_changes changes = WATCHER_CHANGES_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	assert_int_equal(watcher_wait(place->watcher, 0, 0, 0, -1, &changes, NULL), 0);
	assert_false(changes.lost);
	VEC_FOREACH(path, &changes.paths) {
		assert_true(path_is_within(*path, place->dir));
		str_addf(&text, "%s%s", text.len ? " " : "", *path + strlen(place->dir) + 1);
	}
	assert_string_equal(text.ptr, expected);
}

static int set_up(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));

	if (fs_make_temp_dir(AT_FDCWD, "/tmp/edgectl-watcher-", &place->dir, NULL) < 0 ||
	    ignore_parse(SPAN_LIT("*.log\nbuild\nvendor\n!vendor/keep\n"), ".dockerignore",
			 &place->ignore, NULL) < 0 ||
	    watcher_new(&place->watcher, NULL) < 0)
		return -1;
	make(place, "src/deep");
	make(place, "build");
	make(place, "vendor");
	put(place, "src/a");
	*state = place;
	return watcher_add_tree(place->watcher, place->dir, place->ignore, NULL);
}

static int tear_down(void **state)
{
	struct place *place = *state;
	int status = fs_remove_all(AT_FDCWD, place->dir, NULL);

	watcher_free(place->watcher);
	ignore_free(place->ignore);
	free(place->dir);
	free(place);
	return status;
}

static void test_files(void **state)
{
	const struct place *place = *state;
	AUTO(freep) char *path = at(place, "src/a");

	check(place, "");
	put(place, "src/a");
	check(place, "src/a");
	put(place, "src/deep/new");
	put(place, "src/a");
	put(place, "src/a");
	check(place, "src/a src/deep/new");
	drop(place, "src/a");
	check(place, "src/a");
	put(place, "src/a.tmp");
	move(place, "src/a.tmp", "src/a");
	check(place, "src/a src/a.tmp");
	assert_int_equal(chmod(path, 0755), 0);
	check(place, "src/a");
	drop(place, "src/a");
	assert_int_equal(symlink("deep", path), 0);
	check(place, "src/a");
}

static void test_ignored(void **state)
{
	const struct place *place = *state;

	put(place, "x.log");
	put(place, "build/x");
	make(place, "build/deep");
	put(place, "build/deep/x");
	put(place, "vendor/other");
	check(place, "");
	put(place, "vendor/keep");
	check(place, "vendor/keep");
}

/* What is in a directory before its watch stands is not lost. */
static void test_directories(void **state)
{
	const struct place *place = *state;

	make(place, "one/two/three");
	put(place, "one/two/three/x");
	check(place, "one one/two one/two/three one/two/three/x");
	put(place, "one/two/y");
	check(place, "one/two/y");
	move(place, "one", "uno");
	check(place, "one uno uno/two uno/two/three uno/two/three/x uno/two/y");
	put(place, "uno/two/three/x");
	check(place, "uno/two/three/x");
	drop(place, "uno");
	{
		AUTO(watcher_changes_release)
		struct watcher_changes changes = WATCHER_CHANGES_INIT;
		AUTO(freep) char *gone = at(place, "uno");

		assert_int_equal(watcher_wait(place->watcher, 0, 0, 0, -1, &changes, NULL), 0);
		assert_true(strvec_contains(&changes.paths, gone));
	}
	make(place, "uno");
	put(place, "uno/z");
	check(place, "uno uno/z");
}

static void test_moved_out_and_in(void **state)
{
	const struct place *place = *state;
	AUTO(freep) char *outside = xasprintf("%s-outside", place->dir);
	AUTO(freep) char *inside = at(place, "src");

	assert_int_equal(rename(inside, outside), 0);
	check(place, "src");
	assert_int_equal(rename(outside, inside), 0);
	check(place, "src src/a src/deep");
	put(place, "src/deep/b");
	check(place, "src/deep/b");
}

/* One file of a directory that is not watched otherwise. */
static void test_single_file(void **state)
{
	const struct place *place = *state;
	struct watcher *watcher = NULL;
	struct place alone = { .dir = place->dir };
	AUTO(freep) char *file = at(place, "compose.yaml");

	assert_int_equal(watcher_new(&watcher, NULL), 0);
	assert_int_equal(watcher_add_file(watcher, file, NULL), 0);
	alone.watcher = watcher;
	put(place, "other");
	check(&alone, "");
	put(place, "compose.yaml");
	check(&alone, "compose.yaml");
	put(place, "compose.yaml~");
	move(place, "compose.yaml~", "compose.yaml");
	check(&alone, "compose.yaml");
	watcher_free(watcher);
}

static void test_cancelled(void **state)
{
	const struct place *place = *state;
	AUTO(watcher_changes_release) struct watcher_changes changes = WATCHER_CHANGES_INIT;
	AUTO(err_release) struct err err = ERR_INIT;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(watcher_wait(place->watcher, -1, 0, 0, ends[0], &changes, &err), -1);
	assert_int_equal(err.kind, ERR_CANCELLED);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ignored, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_directories, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_moved_out_and_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_single_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cancelled, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("device/watcher", tests, NULL, NULL);
}
