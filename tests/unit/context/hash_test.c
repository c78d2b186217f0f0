#include "context/hash.h"

#include "base/str.h"
#include "context/directory.h"
#include "unit.h"

/* Long ago, so that nothing about the files of a test is racy. */
static void make_old(const char *path)
{
	struct timespec times[2] = { { .tv_sec = 1000000000, .tv_nsec = 5 },
				     { .tv_sec = 1000000000, .tv_nsec = 5 } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* ctime cannot be set: what must count as old has to become it. */
static void let_it_settle(void)
{
	struct timespec pause = { .tv_nsec = 40000000 };

	(void)nanosleep(&pause, NULL); /* waking up early only means that less is remembered */
}

/* Hashes the file in a new tree, as another build would; returns how many files were read. */
static unsigned long hash_once(struct store *store, const char *dir, const char *name,
			       char ret_hash[65])
{
	AUTO(tree_freep) struct tree *tree = NULL;
	AUTO(hash_cache_release) struct hash_cache cache = { .store = NULL };
	struct tree_node *node = NULL;

	assert_ok(directory_tree_open(dir, NULL, &tree, &err_));
	hash_cache_init(&cache, store, dir);
	assert_ok(tree_resolve(tree, name, &node, &err_));
	assert_non_null(node);

	struct tree_nodes nodes = { .items = &node, .len = 1 };

	assert_ok(tree_hash_files(tree, &nodes, &cache, NULL, &err_));
	assert_ok(hash_cache_save(&cache, &err_));
	memcpy(ret_hash, node->hash, 65);
	return cache.files_read;
}

static void remembers_by_stat_data(void **state)
{
	AUTO(store_closep) struct store *store = NULL;
	char first[65], second[65];

	(void)state;
	assert_ok(store_open("store", &store, &err_));
	assert_int_equal(mkdir("dir", 0755), 0);
	write_text("dir/file", "content");
	let_it_settle();
	assert_int_equal(hash_once(store, "dir", "file", first), 1);
	/* printf content | sha256sum */
	assert_string_equal(first,
			    "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73");
	assert_int_equal(hash_once(store, "dir", "file", second), 0);
	assert_string_equal(first, second);
}

/* Same size, same mtime, same inode: ctime alone tells. */
static void sees_a_write_that_hides_its_time(void **state)
{
	AUTO(store_closep) struct store *store = NULL;
	char first[65], second[65];

	(void)state;
	assert_ok(store_open("store", &store, &err_));
	assert_int_equal(mkdir("dir", 0755), 0);
	write_text("dir/file", "one");
	make_old("dir/file");
	let_it_settle();
	assert_int_equal(hash_once(store, "dir", "file", first), 1);
	write_text("dir/file", "two");
	make_old("dir/file");
	assert_int_equal(hash_once(store, "dir", "file", second), 1);
	assert_string_not_equal(first, second);
}

/*
 * Written and hashed within one tick of the clock: a second write could not be told from the first.
 */
static void save_again(const char *path)
{
	write_text(path, "two");
}

static void save_by_rename(const char *path)
{
	write_text("dir/new", "two");
	assert_int_equal(rename("dir/new", path), 0);
}

static void save_with_two_names(const char *path)
{
	write_text(path, "two");
	assert_int_equal(link(path, "dir/other"), 0);
}

static void change_mode(const char *path)
{
	write_text(path, "two");
	assert_int_equal(chmod(path, 0600), 0);
}

/* Saved between being listed and being read: its time is that of what was read, unless more than that has changed. */
static void knows_what_it_has_read(void **state)
{
	static const struct {
		void (*save)(const char *path);
		bool is_taken;
	} rows[] = {
		{ save_again, true },
		{ save_by_rename, true },
		{ save_with_two_names, false },
		{ change_mode, false },
	};

	(void)state;
	assert_int_equal(mkdir("dir", 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(tree_freep) struct tree *tree = NULL;
		struct tree_node *node = NULL;
		struct stat now;

		(void)unlink("dir/file");
		write_text("dir/file", "one more");
		make_old("dir/file");
		assert_ok(directory_tree_open("dir", NULL, &tree, &err_));
		assert_ok(tree_resolve(tree, "file", &node, &err_));
		rows[i].save("dir/file");

		struct tree_nodes nodes = { .items = &node, .len = 1 };

		assert_ok(tree_hash_files(tree, &nodes, NULL, NULL, &err_));
		/* printf two | sha256sum */
		assert_string_equal(
			node->hash,
			"3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3");
		assert_int_equal(stat("dir/file", &now), 0);
		assert_int_equal(node->st.st_mtim.tv_sec == now.st_mtim.tv_sec, rows[i].is_taken);
		assert_int_equal(node->st.st_size, rows[i].is_taken ? 3 : 8);
	}
}

static void does_not_remember_what_is_racy(void **state)
{
	AUTO(store_closep) struct store *store = NULL;
	char hash[65];

	(void)state;
	assert_ok(store_open("store", &store, &err_));
	assert_int_equal(mkdir("dir", 0755), 0);
	write_text("dir/file", "fresh");
	assert_int_equal(hash_once(store, "dir", "file", hash), 1);
	assert_int_equal(hash_once(store, "dir", "file", hash), 1);
}

static void knows_what_is_racy(void **state)
{
	static const struct {
		const char *name;
		struct timespec mtime, ctime, hashed_at;
		bool want;
	} rows[] = {
		{ "long ago", { 100, 1 }, { 100, 1 }, { 200, 0 }, false },
		{ "same moment", { 100, 5 }, { 100, 5 }, { 100, 5 }, true },
		{ "within a tick", { 100, 5 }, { 100, 5 }, { 100, 15000000 }, true },
		{ "behind a tick", { 100, 5 }, { 100, 5 }, { 100, 25000000 }, false },
		{ "mtime in the future", { 300, 1 }, { 100, 1 }, { 200, 0 }, true },
		{ "ctime recent, mtime old", { 1, 1 }, { 199, 995000000 }, { 200, 0 }, true },
		{ "whole seconds, one ago", { 100, 0 }, { 100, 0 }, { 101, 0 }, true },
		{ "whole seconds, three ago", { 100, 0 }, { 100, 0 }, { 103, 0 }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stat st = { .st_mtim = rows[i].mtime, .st_ctim = rows[i].ctime };

		assert_row(stat_is_racy(&st, &rows[i].hashed_at) == rows[i].want, rows[i].name);
	}
}

static void a_damaged_record_is_an_empty_one(void **state)
{
	static const char *const records[] = {
		"",
		"nonsense",
		"edgectl file hashes 2\nx\n\n 1 2 3\n",
		"edgectl file hashes 2\n1 2 3.4 5.6 zz file\n",
	};
	AUTO(store_closep) struct store *store = NULL;
	char hash[65];

	(void)state;
	assert_ok(store_open("store", &store, &err_));
	assert_int_equal(mkdir("dir", 0755), 0);
	write_text("dir/file", "content");
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		assert_ok(store_cache_put(store, "file", "dir", records[i], &err_));
		assert_int_equal(hash_once(store, "dir", "file", hash), 1);
	}
}

/* More files than one thread gets, one of them twice. */
static void many_files_at_once(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	struct tree_nodes nodes = { .items = NULL };
	const struct tree_nodes *all = NULL;

	(void)state;
	assert_int_equal(mkdir("dir", 0755), 0);
	for (unsigned i = 0; i < 100; i++) {
		AUTO(freep) char *name = xasprintf("dir/%u", i);

		write_text(name, name);
	}
	assert_ok(directory_tree_open("dir", NULL, &tree, &err_));
	assert_ok(tree_list(tree, tree->root, &all, &err_));
	assert_int_equal(all->len, 100);
	for (size_t i = 0; i < all->len; i++)
		*VEC_ADD(&nodes) = all->items[i];
	*VEC_ADD(&nodes) = all->items[0];
	assert_ok(tree_hash_files(tree, &nodes, NULL, NULL, &err_));
	for (size_t i = 0; i < all->len; i++) {
		assert_int_equal(strlen(all->items[i]->hash), 64);
		assert_true(i == 0 || !str_eq(all->items[i]->hash, all->items[i - 1]->hash));
	}
	free(nodes.items);
}

static void a_file_that_vanished_is_an_error(void **state)
{
	AUTO(tree_freep) struct tree *tree = NULL;
	struct tree_node *node = NULL;

	(void)state;
	assert_int_equal(mkdir("dir", 0755), 0);
	write_text("dir/file", "content");
	assert_ok(directory_tree_open("dir", NULL, &tree, &err_));
	assert_ok(tree_resolve(tree, "file", &node, &err_));
	assert_int_equal(unlink("dir/file"), 0);

	struct tree_nodes nodes = { .items = &node, .len = 1 };

	assert_int_equal(tree_hash_files(tree, &nodes, NULL, NULL, &err_), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err_.message, "file"));
	assert_string_equal(node->hash, "");
	err_clear(&err_);
	write_text("dir/file", "content");
	assert_ok(tree_hash_files(tree, &nodes, NULL, NULL, &err_));
	/* printf content | sha256sum */
	assert_string_equal(node->hash,
			    "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(remembers_by_stat_data),
		scratch_test(sees_a_write_that_hides_its_time),
		scratch_test(does_not_remember_what_is_racy),
		scratch_test(knows_what_it_has_read),
		scratch_test(knows_what_is_racy),
		scratch_test(a_damaged_record_is_an_empty_one),
		scratch_test(many_files_at_once),
		scratch_test(a_file_that_vanished_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
