#include "pruning_unit.h"

static void prune_with(const struct prune_request *request, struct prune_result *ret)
{
	assert_ok(store_prune(store_, request, &MONITOR_SILENT, ret, &err_));
}

/* How many pieces went. */
static size_t prune(enum prune_extent extent)
{
	AUTO(prune_result_release) struct prune_result result;
	struct prune_request request = PRUNE_REQUEST_INIT;

	request.extent = extent;
	prune_with(&request, &result);
	return result.removed.len;
}

static bool has_record(void)
{
	AUTO(str_release) struct str text = STR_INIT;
	bool found = false;

	assert_ok(store_cache_get(store_, "step", "key", &text, &found, &err_));
	return found;
}

static void leftovers_are_what_nobody_knows(void **state)
{
	(void)state;
	struct stocked s = stock();

	set_stock_age(&s, DAY_S);
	assert_int_equal(prune(PRUNE_LEFTOVERS), 1);
	assert_false(blob_is_there(&s.unknown));
	assert_true(blob_is_there(&s.manifest) && blob_is_there(&s.layer) &&
		    blob_is_there(&s.cached));
	assert_true(snapshot_is_there(s.cached_snapshot));
	assert_true(has_record());
}

static void unused_is_what_no_image_has(void **state)
{
	(void)state;
	struct stocked s = stock();

	set_stock_age(&s, DAY_S);
	assert_int_equal(prune(PRUNE_UNUSED), 3);
	assert_false(blob_is_there(&s.unknown) || blob_is_there(&s.cached) ||
		     snapshot_is_there(s.cached_snapshot));
	assert_true(blob_is_there(&s.manifest) && blob_is_there(&s.layer) &&
		    snapshot_is_there(s.layer_snapshot));
	assert_false(has_record());
}

static void all_leaves_named_images(void **state)
{
	(void)state;
	struct stocked s = stock();
	AUTO(str_release) struct str text = STR_INIT;
	bool found = true;

	assert_ok(store_cache_put(store_, "file", "dir", "hashes", &err_));
	set_stock_age(&s, DAY_S);
	sql("UPDATE cache SET used = used - 100");
	assert_int_equal(prune(PRUNE_ALL), 4);
	assert_true(blob_is_there(&s.manifest) && blob_is_there(&s.layer));
	assert_false(snapshot_is_there(s.layer_snapshot));
	assert_ok(store_cache_get(store_, "file", "dir", &text, &found, &err_));
	assert_false(found);
	assert_int_equal(prune(PRUNE_ALL), 0);
}

static void nothing_is_left_of_a_name(void **state)
{
	(void)state;
	struct stocked s = stock();

	assert_ok(store_untag(store_, "docker.io/library/app:1", &err_));
	set_stock_age(&s, DAY_S);
	assert_int_equal(prune(PRUNE_LEFTOVERS), 4);
	assert_false(blob_is_there(&s.manifest) || blob_is_there(&s.layer) ||
		     snapshot_is_there(s.layer_snapshot));
}

/* What this process has used stays, and what another one uses that is still at it. */
static void used_things_stay(void **state)
{
	(void)state;
	struct stocked s = stock();
	struct store *other = NULL;
	char path[SNAPSHOT_PATH_MAX];

	set_stock_age(&s, DAY_S);
	assert_true(store_has_blob(store_, &s.unknown, NULL));
	assert_int_equal(prune(PRUNE_LEFTOVERS), 0);
	assert_ok(store_open("store", &other, &err_));
	assert_true(store_find_snapshot(other, &s.cached, path));
	set_blob_age(&s.unknown, DAY_S);
	reopen();
	assert_int_equal(prune(PRUNE_UNUSED), 2);
	assert_true(snapshot_is_there(s.cached_snapshot));
	store_closep(&other);
	reopen();
	assert_int_equal(prune(PRUNE_UNUSED), 1);
	assert_false(snapshot_is_there(s.cached_snapshot));
}

static void one_in_the_making_stays(void **state)
{
	(void)state;
	char path[SNAPSHOT_PATH_MAX];

	assert_ok(store_new_snapshot(store_, path, &err_));
	assert_int_equal(prune(PRUNE_ALL), 0);
	assert_true(snapshot_is_there(path));
	reopen(); /* its maker has gone */
	assert_int_equal(prune(PRUNE_LEFTOVERS), 1);
	assert_false(snapshot_is_there(path));
}

/* The least recently used first, and no more than must be. */
static void stops_when_it_is_enough(void **state)
{
	(void)state;
	struct stocked s = stock();
	AUTO(store_inventory_release) struct store_inventory before;
	AUTO(prune_result_release) struct prune_result result;
	struct prune_request request = PRUNE_REQUEST_INIT;

	set_stock_age(&s, DAY_S);
	set_blob_age(&s.unknown, 3 * DAY_S);
	set_blob_age(&s.cached, 5 * DAY_S);
	assert_ok(store_inventory_take(store_, false, &MONITOR_SILENT, &before, &err_));
	store_inventory_release(&before); /* the database has grown by what it noted */
	assert_ok(store_inventory_take(store_, true, &MONITOR_SILENT, &before, &err_));
	request.extent = PRUNE_ALL;
	request.keep_bytes = before.total_bytes - 1;
	prune_with(&request, &result);
	assert_int_equal(result.removed.len, 1);
	assert_true(digest_equal(&result.removed.items[0].digest, &s.cached));
	assert_true(blob_is_there(&s.unknown));
}

static void filters(void **state)
{
	(void)state;
	struct stocked s = stock();
	AUTO(prune_result_release) struct prune_result by_age, by_kind;
	struct prune_request request = PRUNE_REQUEST_INIT;

	set_stock_age(&s, DAY_S);
	set_blob_age(&s.unknown, 3 * DAY_S);
	request.extent = PRUNE_ALL;
	request.dry_run = true;
	request.unused_since = (int64_t)(time(NULL) - 2 * DAY_S) * 1000000000;
	prune_with(&request, &by_age);
	assert_int_equal(by_age.removed.len, 1);
	assert_true(digest_equal(&by_age.removed.items[0].digest, &s.unknown));
	request.unused_since = INT64_MAX;
	request.kinds = 1U << STORE_SNAPSHOT;
	prune_with(&request, &by_kind);
	assert_int_equal(by_kind.removed.len, 2);
	assert_true(blob_is_there(&s.unknown) && snapshot_is_there(s.cached_snapshot));
}

static void trash_is_emptied(void **state)
{
	(void)state;
	shell("mkdir -p store/trash/0011/deep store/cache-mounts/ab/c && echo x "
	      ">store/trash/0011/x");
	set_age("cache-mounts/ab", DAY_S);
	reopen();
	assert_int_equal(prune(PRUNE_LEFTOVERS), 1);
	shell("test -z \"$(ls store/trash)\" && test -d store/cache-mounts/ab");
	assert_int_equal(prune(PRUNE_ALL), 1);
	shell("test ! -e store/cache-mounts/ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(leftovers_are_what_nobody_knows),
		store_test(unused_is_what_no_image_has),
		store_test(all_leaves_named_images),
		store_test(nothing_is_left_of_a_name),
		store_test(used_things_stay),
		store_test(one_in_the_making_stays),
		store_test(stops_when_it_is_enough),
		store_test(filters),
		store_test(trash_is_emptied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
