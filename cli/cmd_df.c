#include "app.h"
#include "command.h"
#include "format.h"
#include "store_access.h"
#include "table.h"

#include <time.h>

#include "base/alloc.h"
#include "base/json.h"
#include "image/config.h"
#include "image/inventory.h"

#define ID_SHORT      12
#define NS_PER_SECOND 1000000000

struct df_args {
	bool json, verbose;
};

/* --- the rows: what a piece is to the user --- */

enum usage_row {
	USAGE_IMAGES,
	USAGE_CACHE,
	USAGE_SNAPSHOTS,
	USAGE_MOUNTS,
	USAGE_UNNEEDED,
	USAGE_ROWS,
};

struct usage {
	const char *title;
	uint64_t count, bytes, reclaimable;
};

static enum usage_row row_of(const struct store_item *item)
{
	switch (item->kind) {
	case STORE_SNAPSHOT: return USAGE_SNAPSHOTS;
	case STORE_CACHE_MOUNT: return USAGE_MOUNTS;
	case STORE_BLOB:
		if (item->in_image)
			return USAGE_IMAGES;
		return item->in_cache ? USAGE_CACHE : USAGE_UNNEEDED;
	case STORE_LEFTOVER:
	case STORE_ITEM_KINDS: break;
	}
	return USAGE_UNNEEDED;
}

static void sum_up(const struct store_inventory *inventory, struct usage rows[USAGE_ROWS])
{
	static const char *const titles[USAGE_ROWS] = { "Images", "Build cache", "Unpacked layers",
							"Cache mounts", "Unneeded" };

	for (size_t i = 0; i < USAGE_ROWS; i++)
		rows[i] = (struct usage){ .title = titles[i] };
	VEC_FOREACH(item, &inventory->items) {
		struct usage *row = &rows[row_of(item)];

		row->count++;
		row->bytes += item->bytes;
		if (!item->in_use && row != &rows[USAGE_IMAGES])
			row->reclaimable += item->bytes;
	}
	rows[USAGE_IMAGES].count = inventory->images;
}

static void add_size(struct table *table, uint64_t bytes)
{
	AUTO(str_release) struct str text = STR_INIT;

	format_size(&text, bytes);
	table_add(table, text.ptr);
}

static void add_head(struct table *table, const char *const *head)
{
	for (size_t i = 0; i < table->columns; i++)
		table_add(table, head[i]);
}

static void show_summary(const struct store_inventory *inventory, struct str *out)
{
	static const char *const head[] = { "TYPE", "COUNT", "SIZE", "RECLAIMABLE" };
	AUTO(table_release) struct table table;
	struct usage rows[USAGE_ROWS];
	uint64_t reclaimable = 0;

	table_init(&table, ARRAY_SIZE(head));
	add_head(&table, head);
	sum_up(inventory, rows);
	for (size_t i = 0; i < USAGE_ROWS; i++) {
		AUTO(freep) char *count = xasprintf("%llu", (unsigned long long)rows[i].count);

		table_add(&table, rows[i].title);
		table_add(&table, count);
		add_size(&table, rows[i].bytes);
		add_size(&table, rows[i].reclaimable);
		reclaimable += rows[i].reclaimable;
	}
	table_add(&table, "Database");
	table_add(&table, "");
	add_size(&table, inventory->other_bytes);
	table_add(&table, "");
	table_add(&table, "Total");
	table_add(&table, "");
	add_size(&table, inventory->total_bytes);
	add_size(&table, reclaimable);
	table_format(&table, out);
}

/* --- every piece --- */

static const char *needed_by(const struct store_item *item)
{
	if (item->in_use)
		return "a running edgectl";
	if (item->kind == STORE_LEFTOVER)
		return "-";
	return item->in_image ? "image" : item->in_cache ? "build cache" : "-";
}

static char *id_of(const struct store_item *item)
{
	if (item->kind == STORE_LEFTOVER || !digest_is_set(&item->digest))
		return xstrdup(item->path);
	return xstrndup(digest_hex(&item->digest), ID_SHORT);
}

static void add_item(struct table *table, const struct store_item *item, int64_t now)
{
	AUTO(str_release) struct str created = STR_INIT, used = STR_INIT;
	AUTO(freep) char *id = id_of(item);

	format_age(&created, now - item->created / NS_PER_SECOND);
	format_age(&used, now - item->used / NS_PER_SECOND);
	table_add(table, id);
	table_add(table, store_item_kind_name(item->kind));
	add_size(table, item->bytes);
	table_add(table, created.ptr);
	table_add(table, used.ptr);
	table_add(table, needed_by(item));
}

static void show_items(const struct store_inventory *inventory, struct str *out)
{
	static const char *const head[] = { "ID",      "TYPE",      "SIZE",
					    "CREATED", "LAST USED", "NEEDED BY" };
	AUTO(table_release) struct table table;
	int64_t now = time(NULL);

	table_init(&table, ARRAY_SIZE(head));
	add_head(&table, head);
	VEC_FOREACH(item, &inventory->items)
		add_item(&table, item, now);
	table_format(&table, out);
	str_addc(out, '\n');
}

static json_t *json_of(const struct store_item *item)
{
	json_t *object = json_object();
	char created[32], used[32];

	json_set_string(object, "path", item->path);
	json_set_string(object, "type", store_item_kind_name(item->kind));
	if (digest_is_set(&item->digest))
		json_set_string(object, "digest", item->digest.text);
	json_object_set_new(object, "size", json_integer((json_int_t)item->bytes));
	json_set_string(object, "created",
			rfc3339_format((time_t)(item->created / NS_PER_SECOND), created));
	json_set_string(object, "lastUsed",
			rfc3339_format((time_t)(item->used / NS_PER_SECOND), used));
	json_object_set_new(object, "inImage", json_boolean(item->in_image));
	json_object_set_new(object, "inCache", json_boolean(item->in_cache));
	json_object_set_new(object, "inUse", json_boolean(item->in_use));
	return object;
}

static void show_json(const struct store *store, const struct store_inventory *inventory,
		      struct str *out)
{
	json_auto_t *root = json_object();
	json_t *items = json_array();

	json_set_string(root, "root", store_root(store));
	json_object_set_new(root, "size", json_integer((json_int_t)inventory->total_bytes));
	json_object_set_new(root, "database", json_integer((json_int_t)inventory->other_bytes));
	json_object_set_new(root, "images", json_integer((json_int_t)inventory->images));
	json_object_set_new(root, "records", json_integer((json_int_t)inventory->records));
	VEC_FOREACH(item, &inventory->items)
		json_array_append_new(items, json_of(item));
	json_object_set_new(root, "items", items);
	json_write_pretty(root, out);
}

static int df_run(struct app *app, const void *args_data, struct err *err)
{
	const struct df_args *args = args_data;
	AUTO(store_access_release) struct store_access access = STORE_ACCESS_INIT;
	AUTO(store_inventory_release) struct store_inventory inventory = { .other_bytes = 0 };
	AUTO(str_release) struct str text = STR_INIT;

	(void)app;
	if (store_access_open(&access, err) < 0 ||
	    store_inventory_take(access.store, false, &access.monitor, &inventory, err) < 0)
		return -1;
	if (args->json) {
		show_json(access.store, &inventory, &text);
	} else {
		if (args->verbose)
			show_items(&inventory, &text);
		show_summary(&inventory, &text);
	}
	return app_print(&text, err);
}

static const struct cli_option df_options[] = {
	OPTION_FLAG(struct df_args, verbose, 'v', "verbose", "List every piece"),
	OPTION_FLAG(struct df_args, json, 0, "json",
		    "Print a JSON object with the members root, size, database (both in bytes), "
		    "images, records and items"),
	OPTION_END,
};

static const struct cli_example df_examples[] = {
	{ "What is large, and when was it last used?", "edgectl df -v" },
	{ NULL, NULL },
};

const struct cli_command cmd_df = {
	.name = "df",
	.group = GROUP_IMAGE,
	.summary = "Show what the local store takes on the disk",
	.details =
		"Sizes are what the file system says, so that the total is that of du -s. Images "
		"are the blobs that named images are made of; the build cache, layers that only "
		"the cache knows; unpacked layers and cache mounts can be made again. What can "
		"be reclaimed is what 'edgectl prune --all' would remove.",
	.options = df_options,
	.args_size = sizeof(struct df_args),
	.examples = df_examples,
	.run = df_run,
};
