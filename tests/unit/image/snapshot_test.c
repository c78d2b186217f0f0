#include <sys/file.h>

#include "database_unit.h"

static const struct digest d1 = {
	.text = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
};
static const struct digest d2 = {
	.text = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
};

static void reopen(void)
{
	store_closep(&store_);
	assert_ok(store_open("store", &store_, &err_));
}

/* What is in store/snapshots, "1 3 ". */
static void assert_dirs(const char *expect)
{
	AUTO(str_release) struct str out = STR_INIT;

	shell_read("ls store/snapshots | tr '\\n' ' '", &out);
	assert_string_equal(out.ptr, expect);
}

/* --- another process, at the worst moment: the linker puts these in the place of the C library's --- */

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __real_syncfs(int fd);
int __wrap_syncfs(int fd);

static struct {
	struct store *store;
	char path[SNAPSHOT_PATH_MAX];
	bool is_waiting; /* to commit `path` as d2 */
} rival;

static void rival_begins(void)
{
	assert_ok(store_open("store", &rival.store, &err_));
	assert_ok(store_new_snapshot(rival.store, rival.path, &err_));
}

static void rival_commits(void)
{
	if (!rival.is_waiting)
		return;
	rival.is_waiting = false;
	assert_ok(store_commit_snapshot(rival.store, rival.path, &d2, &err_));
}

int __wrap_flock(int fd, int operation)
{
	if (operation & LOCK_NB)
		rival_commits();
	return __real_flock(fd, operation);
}

int __wrap_syncfs(int fd)
{
	int result = __real_syncfs(fd);

	rival_commits();
	return result;
}

static void life(void **state)
{
	(void)state;
	char path[SNAPSHOT_PATH_MAX], found[SNAPSHOT_PATH_MAX];
	struct stat st;

	umask(077);
	assert_false(store_find_snapshot(store_, &d1, found));
	assert_ok(store_new_snapshot(store_, path, &err_));
	umask(022);
	assert_string_equal(path, "snapshots/1");
	assert_int_equal(stat("store/snapshots/1/fs", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_true(fs_exists(AT_FDCWD, "store/snapshots/1/work"));
	write_text("store/snapshots/1/fs/file", "x");
	assert_false(store_find_snapshot(store_, &d1, found));
	assert_ok(store_commit_snapshot(store_, path, &d1, &err_));
	assert_string_equal(path, "snapshots/1/fs");
	assert_false(fs_exists(AT_FDCWD, "store/snapshots/1/work"));
	assert_true(store_find_snapshot(store_, &d1, found));
	assert_string_equal(found, path);
	reopen();
	assert_true(store_find_snapshot(store_, &d1, found));
	assert_ok(store_drop_snapshot(store_, found, &err_));
	assert_false(store_find_snapshot(store_, &d1, found));
	assert_dirs("");
	assert_ok(store_new_snapshot(store_, path, &err_));
	assert_string_equal(path, "snapshots/2");
	assert_ok(store_drop_snapshot(store_, path, &err_));
	assert_dirs("");
}

static void second_is_dropped(void **state)
{
	(void)state;
	char first[SNAPSHOT_PATH_MAX], second[SNAPSHOT_PATH_MAX];

	assert_ok(store_new_snapshot(store_, first, &err_));
	assert_ok(store_new_snapshot(store_, second, &err_));
	assert_ok(store_commit_snapshot(store_, second, &d1, &err_));
	assert_ok(store_commit_snapshot(store_, first, &d1, &err_));
	assert_string_equal(first, "snapshots/2/fs");
	assert_dirs("2 ");
}

static void bad_paths(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",    "snapshots",         "snapshots/",   "snapshots/x",
		"x/1", "snapshots/1/../..", "snapshots/-1", "snapshots/1/fs/x"
	};
	char path[SNAPSHOT_PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		err_clear(&err_);
		snprintf(path, sizeof(path), "%s", rows[i]);
		assert_row(store_drop_snapshot(store_, path, &err_) == -1 && err_.kind == ERR_INPUT,
			   rows[i]);
		assert_row(store_commit_snapshot(store_, path, &d1, &err_) == -1, rows[i]);
	}
}

static bool commit_same(void *data)
{
	char path[SNAPSHOT_PATH_MAX];
	struct store *store = NULL;

	(void)data;
	if (store_open("store", &store, NULL) < 0 || store_new_snapshot(store, path, NULL) < 0 ||
	    store_commit_snapshot(store, path, &d1, NULL) < 0)
		return false;
	store_closep(&store);
	return true;
}

static void processes_commit_the_same(void **state)
{
	(void)state;
	char path[SNAPSHOT_PATH_MAX], expect[SNAPSHOT_PATH_MAX + 2];

	run_children(4, commit_same, NULL);
	assert_true(store_find_snapshot(store_, &d1, path));
	/* only the winner's directory is left: "snapshots/N/fs" -> "N " */
	*strrchr(path, '/') = '\0';
	snprintf(expect, sizeof(expect), "%s ", path + strlen("snapshots/"));
	assert_dirs(expect);
}

static bool die_in_the_middle(void *data)
{
	char path[SNAPSHOT_PATH_MAX];
	struct store *store = NULL;

	(void)data;
	if (store_open("store", &store, NULL) < 0 || store_new_snapshot(store, path, NULL) < 0)
		return false;
	_exit(0);
}

/* What dead processes left goes; what living ones are making stays. */
static void sweep(void **state)
{
	(void)state;
	char mine[SNAPSHOT_PATH_MAX], next[SNAPSHOT_PATH_MAX];
	AUTO(store_closep) struct store *other = NULL;

	run_child(die_in_the_middle, NULL);
	assert_dirs("1 ");
	assert_ok(store_new_snapshot(store_, mine, &err_));
	assert_dirs("2 ");
	assert_ok(store_open("store", &other, &err_));
	assert_ok(store_new_snapshot(other, next, &err_));
	assert_dirs("2 3 ");
}

static void sweep_leaves_what_was_committed_meanwhile(void **state)
{
	(void)state;
	char path[SNAPSHOT_PATH_MAX];

	rival_begins();
	rival.is_waiting = true;
	assert_ok(store_new_snapshot(store_, path, &err_));
	assert_false(rival.is_waiting);
	assert_true(store_find_snapshot(store_, &d2, path));
	assert_dirs("1 2 ");
	store_closep(&rival.store);
}

static void sync_does_not_vouch_for_what_came_meanwhile(void **state)
{
	(void)state;
	char path[SNAPSHOT_PATH_MAX];

	rival_begins();
	assert_ok(store_new_snapshot(store_, path, &err_));
	assert_ok(store_commit_snapshot(store_, path, &d1, &err_));
	rival.is_waiting = true;
	assert_ok(store_sync(store_, &err_));
	assert_false(rival.is_waiting);
	store_closep(&rival.store);
	sql("UPDATE snapshots SET boot = 'another' WHERE boot <> ''");
	assert_true(store_find_snapshot(store_, &d1, path));
	assert_false(store_find_snapshot(store_, &d2, path));
}

static void new_boot_forgets(void **state)
{
	(void)state;
	char path[SNAPSHOT_PATH_MAX];

	assert_ok(store_new_snapshot(store_, path, &err_));
	assert_ok(store_commit_snapshot(store_, path, &d1, &err_));
	assert_ok(store_sync(store_, &err_));
	assert_ok(store_new_snapshot(store_, path, &err_));
	assert_ok(store_commit_snapshot(store_, path, &d2, &err_));
	sql("UPDATE snapshots SET boot = 'another' WHERE boot <> ''");
	assert_true(store_find_snapshot(store_, &d1, path));
	assert_false(store_find_snapshot(store_, &d2, path));
	reopen();
	/* it is made again, and the old one goes */
	assert_ok(store_new_snapshot(store_, path, &err_));
	assert_ok(store_commit_snapshot(store_, path, &d2, &err_));
	assert_dirs("1 3 ");
}

/* The database is gone, the directories are not. */
static void old_directories_are_passed_over(void **state)
{
	(void)state;
	char path[SNAPSHOT_PATH_MAX];

	assert_ok(store_new_snapshot(store_, path, &err_));
	assert_ok(store_commit_snapshot(store_, path, &d1, &err_));
	store_closep(&store_);
	assert_int_equal(unlink("store/edgectl.db"), 0);
	assert_ok(fs_remove_all(AT_FDCWD, "store/edgectl.db-wal", &err_));
	assert_ok(fs_remove_all(AT_FDCWD, "store/edgectl.db-shm", &err_));
	assert_ok(store_open("store", &store_, &err_));
	assert_false(store_find_snapshot(store_, &d1, path));
	assert_ok(store_new_snapshot(store_, path, &err_));
	assert_string_equal(path, "snapshots/2");
	reopen();
	assert_ok(store_new_snapshot(store_, path, &err_));
	assert_dirs("3 ");
}

static void layers(void **state)
{
	(void)state;
	AUTO(descriptor_release) struct descriptor found = { .media_type = NULL };
	struct descriptor gone = { .media_type = (char *)MEDIA_OCI_LAYER, .digest = d2, .size = 1 };
	struct descriptor blob = { .media_type = (char *)MEDIA_OCI_LAYER_GZIP, .size = 5 };

	assert_fails(store_find_layer(store_, &d1, &found, &err_), ERR_NOT_FOUND);
	assert_ok(store_record_layer(store_, &d1, &gone, &err_));
	assert_fails(store_find_layer(store_, &d1, &found, &err_), ERR_NOT_FOUND);
	assert_ok(store_put_blob(store_, "hello", 5, &blob.digest, &err_));
	assert_ok(store_record_layer(store_, &d1, &blob, &err_));
	assert_ok(store_find_layer(store_, &d1, &found, &err_));
	assert_true(digest_equal(&found.digest, &blob.digest));
	assert_string_equal(found.media_type, MEDIA_OCI_LAYER_GZIP);
	assert_int_equal(found.size, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(life),
		store_test(second_is_dropped),
		store_test(bad_paths),
		store_test(processes_commit_the_same),
		store_test(sweep),
		store_test(sweep_leaves_what_was_committed_meanwhile),
		store_test(sync_does_not_vouch_for_what_came_meanwhile),
		store_test(new_boot_forgets),
		store_test(old_directories_are_passed_over),
		store_test(layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
