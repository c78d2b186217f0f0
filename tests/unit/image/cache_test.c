#include <sqlite3.h>

#include "base/map.h"
#include "database_unit.h"

static void get(const char *space, const char *key, const char *expect)
{
	AUTO(str_release) struct str text = STR_INIT;
	bool found = true;

	str_add(&text, "old");
	assert_ok(store_cache_get(store_, space, key, &text, &found, &err_));
	assert_int_equal(found, expect != NULL);
	assert_string_equal(text.ptr, expect ? expect : "");
}

static void put_and_get(void **state)
{
	(void)state;

	get("step", "k", NULL);
	assert_ok(store_cache_put(store_, "step", "k", "one", &err_));
	assert_ok(store_cache_put(store_, "file", "k", "other", &err_));
	get("step", "k", "one");
	assert_ok(store_cache_put(store_, "step", "k", "", &err_));
	get("step", "k", "");
	get("file", "k", "other");
	store_closep(&store_);
	assert_ok(store_open("store", &store_, &err_));
	get("file", "k", "other");
}

static void put_all(void **state)
{
	(void)state;
	AUTO(strmap_release) struct strmap records = STRMAP_INIT;
	char key[20];

	for (int i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		strmap_set(&records, key, key);
	}
	assert_ok(store_cache_put_all(store_, "s", &records, &err_));
	get("s", "k0", "k0");
	get("s", "k499", "k499");
}

static int64_t used_of_k(void)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *query = NULL;
	int64_t used;

	assert_int_equal(sqlite3_open("store/edgectl.db", &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT used FROM cache WHERE key = 'k'", -1, &query, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	used = sqlite3_column_int64(query, 0);
	sqlite3_finalize(query);
	sqlite3_close(db);
	return used;
}

static void last_use_is_noted_by_the_day(void **state)
{
	(void)state;

	assert_ok(store_cache_put(store_, "s", "k", "v", &err_));
	sql("UPDATE cache SET used = used - 100000");
	int64_t before = used_of_k();
	get("s", "k", "v");
	assert_true(used_of_k() > before);
	sql("UPDATE cache SET used = used - 1000");
	before = used_of_k();
	get("s", "k", "v");
	assert_int_equal(used_of_k(), before);
}

static off_t log_size(void)
{
	struct stat st;

	assert_int_equal(stat("store/edgectl.db-wal", &st), 0);
	return st.st_size;
}

static void put_much(struct store *store, const char *key)
{
	AUTO(str_release) struct str text = STR_INIT;

	while (text.len < 1000000)
		str_add(&text, "what somebody else reads through when the store is opened\n");
	assert_ok(store_cache_put(store, "s", key, text.ptr, &err_));
}

/* But not for a little, and not while somebody else may be reading it. */
static void a_long_log_is_emptied_at_closing(void **state)
{
	(void)state;
	struct store *other = NULL;
	sqlite3 *reader = NULL;
	off_t before;

	put_much(store_, "k");
	assert_true(log_size() > 1000000);
	store_closep(&store_);
	assert_int_equal(log_size(), 0);
	assert_ok(store_open("store", &store_, &err_));
	assert_ok(store_cache_put(store_, "s", "little", "v", &err_));
	before = log_size();
	store_closep(&store_);
	assert_int_equal(log_size(), before);
	assert_ok(store_open("store", &store_, &err_));
	assert_ok(store_open("store", &other, &err_));
	put_much(other, "other");
	assert_int_equal(sqlite3_open("store/edgectl.db", &reader), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM cache", NULL, NULL, NULL),
		SQLITE_OK);
	store_closep(&other);
	assert_true(log_size() > 1000000);
	sqlite3_close(reader);
	get("s", "little", "v");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(put_and_get),
		store_test(put_all),
		store_test(last_use_is_noted_by_the_day),
		store_test(a_long_log_is_emptied_at_closing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
