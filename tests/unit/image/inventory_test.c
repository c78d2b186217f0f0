#include "pruning_unit.h"

static const struct store_item *find(const struct store_inventory *inventory,
				     const struct digest *digest, enum store_item_kind kind)
{
	VEC_FOREACH(item, &inventory->items) {
		if (item->kind == kind && digest_equal(&item->digest, digest))
			return item;
	}
	fail_msg("no %s of %s", store_item_kind_name(kind), digest->text);
	return NULL;
}

static void says_who_needs_what(void **state)
{
	(void)state;
	AUTO(store_inventory_release) struct store_inventory inventory;
	struct stocked s = stock();

	set_stock_age(&s, DAY_S);
	assert_ok(store_inventory_take(store_, false, &MONITOR_SILENT, &inventory, &err_));
	assert_int_equal(inventory.items.len, 6);
	assert_int_equal(inventory.images, 1);
	assert_int_equal(inventory.records, 1);
	assert_true(find(&inventory, &s.layer, STORE_BLOB)->in_image);
	assert_true(find(&inventory, &s.manifest, STORE_BLOB)->in_image);
	assert_true(find(&inventory, &s.layer, STORE_SNAPSHOT)->in_image);
	assert_true(find(&inventory, &s.cached, STORE_BLOB)->in_cache);
	assert_false(find(&inventory, &s.cached, STORE_BLOB)->in_image);
	assert_false(find(&inventory, &s.unknown, STORE_BLOB)->in_cache);
	VEC_FOREACH(item, &inventory.items)
		assert_false(item->in_use);
}

/* du(1) is the judge; hard links, holes and deep trees included. */
static void adds_up(void **state)
{
	(void)state;
	AUTO(store_inventory_release) struct store_inventory inventory, again;
	AUTO(str_release) struct str du = STR_INIT, line = STR_INIT;
	struct stocked s = stock();

	str_addf(&line,
		 "cd store/%s && mkdir -p a/b/c && echo x >a/x && ln a/x a/b/y && truncate -s 1G "
		 "a/hole"
		 " && mkdir -p ../../../cache-mounts/11 && echo x >../../../cache-mounts/11.lock",
		 s.layer_snapshot);
	shell(line.ptr);
	set_stock_age(&s, DAY_S);
	assert_ok(store_inventory_take(store_, false, &MONITOR_SILENT, &inventory, &err_));
	store_inventory_release(&inventory); /* it has noted sizes in the database */
	assert_ok(store_inventory_take(store_, false, &MONITOR_SILENT, &inventory, &err_));
	shell_read("du -s --block-size=1 store | cut -f1 | tr -d '\\n'", &du);
	assert_int_equal(inventory.total_bytes, strtoull(du.ptr, NULL, 10));
	assert_ok(store_inventory_take(store_, true, &MONITOR_SILENT, &again, &err_));
	assert_int_equal(again.total_bytes, inventory.total_bytes);
}

/* Looking is not using: the order of last use is what it was. */
static void leaves_times_alone(void **state)
{
	(void)state;
	AUTO(store_inventory_release) struct store_inventory first, second;
	struct stocked s = stock();

	set_stock_age(&s, DAY_S);
	assert_ok(store_inventory_take(store_, false, &MONITOR_SILENT, &first, &err_));
	assert_ok(store_inventory_take(store_, false, &MONITOR_SILENT, &second, &err_));
	for (size_t i = 0; i < first.items.len; i++)
		assert_int_equal(first.items.items[i].used, second.items.items[i].used);
}

/* Nothing else opens the database while it is upgraded to know the size of snapshots. */
static void older_database(void **state)
{
	(void)state;
	AUTO(store_inventory_release) struct store_inventory inventory;
	struct stocked s = stock();

	store_closep(&store_);
	sql("ALTER TABLE snapshots DROP COLUMN bytes; DROP TABLE blocks; PRAGMA user_version = 1");
	assert_ok(store_open("store", &store_, &err_));
	assert_ok(store_inventory_take(store_, true, &MONITOR_SILENT, &inventory, &err_));
	assert_true(find(&inventory, &s.layer, STORE_SNAPSHOT)->bytes > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(says_who_needs_what),
		store_test(adds_up),
		store_test(leaves_times_alone),
		store_test(older_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
