#include "image/store.h"

#include <grp.h>
#include <pthread.h>

#include "database_unit.h"

static void makes_a_layout(void **state)
{
	(void)state;
	AUTO(store_closep) struct store *store = NULL;
	AUTO(str_release) struct str text = STR_INIT;
	struct stat st;

	assert_ok(store_open("deep/store", &store, &err_));
	assert_true(store_root(store)[0] == '/');
	assert_ok(fs_read_file(AT_FDCWD, "deep/store/oci-layout", 100, &text, &err_));
	assert_string_equal(text.ptr, "{\"imageLayoutVersion\":\"1.0.0\"}");
	assert_ok(fs_read_file(store_dir_fd(store), "index.json", 1000, &text, &err_));
	assert_string_equal(text.ptr,
			    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index."
			    "v1+json\",\"manifests\":[]}");
	assert_int_equal(stat("deep/store", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	store_closep(&store);
	/* a root that others may enter */
	assert_int_equal(mkdir("shared", 0755), 0);
	assert_ok(store_open("shared", &store, &err_));
	assert_int_equal(stat("shared/snapshots", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static bool open_it(void *data)
{
	struct store *store = NULL;

	(void)data;
	if (store_open("new", &store, NULL) < 0)
		return false;
	store_closep(&store);
	return true;
}

/* Whoever comes first makes it. */
static void processes_open_a_new_one(void **state)
{
	(void)state;

	run_children(6, open_it, NULL);
}

struct worker {
	pthread_t thread;
	int number;
	bool ok;
};

static bool work(int number)
{
	AUTO(str_release) struct str text = STR_INIT;
	char key[32], path[SNAPSHOT_PATH_MAX];
	struct descriptor d = { .media_type = (char *)MEDIA_OCI_MANIFEST, .size = 1 };
	bool found;

	for (int i = 0; i < 20; i++) {
		int len = snprintf(key, sizeof(key), "%d.io/x:%d", number, i);

		if (store_put_blob(store_, key, (size_t)len, &d.digest, NULL) < 0 ||
		    store_tag(store_, key, &d, NULL) < 0 ||
		    store_cache_put(store_, "s", "same", key, NULL) < 0 ||
		    store_cache_get(store_, "s", "same", &text, &found, NULL) < 0 || !found ||
		    store_new_snapshot(store_, path, NULL) < 0 ||
		    store_commit_snapshot(store_, path, &d.digest, NULL) < 0 ||
		    !store_find_snapshot(store_, &d.digest, path))
			return false;
	}
	return true;
}

static void *run_worker(void *arg)
{
	struct worker *worker = arg;

	worker->ok = work(worker->number);
	return NULL;
}

static void threads_share_a_handle(void **state)
{
	(void)state;
	AUTO(stored_images_release) struct stored_images images = { .items = NULL };
	struct worker workers[4];

	for (int i = 0; i < 4; i++) {
		workers[i] = (struct worker){ .number = i };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]),
				 0);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
	for (int i = 0; i < 4; i++)
		assert_true(workers[i].ok);
	assert_ok(store_list(store_, &images, &err_));
	assert_int_equal(images.len, 80);
}

static void own_by_environment(void **state)
{
	(void)state;
	AUTO(store_closep) struct store *store = NULL;
	AUTO(freep) char *cwd = getcwd(NULL, 0), *root = xasprintf("%s/from-env", cwd);

	assert_int_equal(setenv("EDGECTL_ROOT", root, 1), 0);
	assert_ok(store_open(NULL, &store, &err_));
	assert_string_equal(store_root(store), root);
	unsetenv("EDGECTL_ROOT");
}

static void damaged_database(void **state)
{
	(void)state;
	struct store *other = NULL;

	store_closep(&store_);
	assert_ok(fs_remove_all(AT_FDCWD, "store/edgectl.db-wal", &err_));
	assert_ok(fs_remove_all(AT_FDCWD, "store/edgectl.db-shm", &err_));
	write_text("store/edgectl.db", "this is no database, whatever its name says; it is text\n");
	assert_fails(store_open("store", &other, &err_), ERR_SYSTEM);
	assert_non_null(strstr(err_.message, "edgectl.db' is damaged"));
	assert_non_null(strstr(err_.hint, "remove '"));
	/* what the hint says helps */
	assert_int_equal(unlink("store/edgectl.db"), 0);
	assert_ok(store_open("store", &other, &err_));
	store_closep(&other);
}

static void other_version(void **state)
{
	(void)state;
	struct store *other = NULL;

	store_closep(&store_);
	sql("PRAGMA user_version = 99");
	assert_fails(store_open("store", &other, &err_), ERR_UNSUPPORTED);
	assert_non_null(strstr(err_.message, "is of version 99"));
	assert_non_null(err_.hint);
}

static bool denied(void *data)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;

	(void)data;
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
			       setresuid(65534, 65534, 65534) < 0))
		return false;
	return store_open("closed/store", &store, &err) < 0 && err.kind == ERR_DENIED && err.hint &&
	       strstr(err.hint, "EDGECTL_ROOT");
}

static void unwritable(void **state)
{
	(void)state;

	assert_int_equal(mkdir("closed", 0555), 0);
	run_child(denied, NULL);
}

static void not_a_directory(void **state)
{
	(void)state;
	struct store *store = NULL;

	write_text("file", "");
	assert_fails(store_open("file", &store, &err_), ERR_SYSTEM);
	assert_fails(store_open("file/below", &store, &err_), ERR_SYSTEM);
	assert_null(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(makes_a_layout),     scratch_test(processes_open_a_new_one),
		scratch_test(own_by_environment), store_test(threads_share_a_handle),
		store_test(damaged_database),     store_test(other_version),
		scratch_test(unwritable),         scratch_test(not_a_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
