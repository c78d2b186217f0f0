#include "image/inventory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "disk_usage.h"
#include "mentions.h"
#include "nanoseconds.h"
#include "store_private.h"
#include "sweep.h"

/* One taking of it. */
struct taking {
	struct store *store;
	bool quick;
	const struct monitor *monitor;
	struct store_inventory *ret;
	struct disk_usage usage;          /* of all that was looked at */
	struct strmap in_image, in_cache; /* digests */
	struct strvec snapshots;          /* the paths that were there while nobody made one */
	int64_t in_use_since;
};

const char *store_item_kind_name(enum store_item_kind kind)
{
	static const char *const names[STORE_ITEM_KINDS] = {
		[STORE_BLOB] = "blob",
		[STORE_SNAPSHOT] = "snapshot",
		[STORE_CACHE_MOUNT] = "cache mount",
		[STORE_LEFTOVER] = "leftover",
	};

	return names[kind];
}

void store_inventory_release(struct store_inventory *inventory)
{
	VEC_FOREACH(item, &inventory->items)
		free(item->path);
	free(inventory->items.items);
	*inventory = (struct store_inventory){ .other_bytes = 0 };
}

/* --- what is needed --- */

static int read_records(struct taking *t, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&t->store->db);
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_CACHE_LIST, err);
	bool row = true;

	while (query && db_step(db, query, &row, err) == 0) {
		if (!row)
			return 0;
		t->ret->records++;
		mentions_add(span_of(db_text(query, 1)), &t->in_cache);
	}
	return -1;
}

static int read_tags(struct taking *t, struct err *err)
{
	AUTO(stored_images_release) struct stored_images images = { .items = NULL };

	if (store_list(t->store, &images, err) < 0)
		return -1;
	t->ret->images = images.len;
	VEC_FOREACH(image, &images)
		strmap_set(&t->in_image, image->target.digest.text, NULL);
	return 0;
}

/* Manifests, indexes and configs are small, and JSON; anything else mentions nothing. */
static int read_mentions(struct taking *t, const char *digest_text, struct strmap *ret,
			 struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(fd_closep) int fd = -1;
	char path[BLOB_PATH_MAX], first = '\0';
	struct digest digest;
	struct stat st;

	if (digest_parse(digest_text, &digest, err) < 0)
		return -1;
	blob_path(&digest, path);
	fd = openat(t->store->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOATIME);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size > (off_t)LIMIT_MANIFEST ||
	    pread(fd, &first, 1, 0) != 1 || first != '{')
		return 0;
	if (fd_read_to_str(fd, &text, LIMIT_MANIFEST, digest_text, err) < 0)
		return -1;
	mentions_add(str_span(&text), ret);
	return 0;
}

/* The set grows while it is walked. */
static int add_mentioned(struct taking *t, struct strmap *set, struct err *err)
{
	for (size_t i = 0; i < set->len; i++) {
		AUTO(freep) char *digest = xstrdup(set->items[i].key);

		if (read_mentions(t, digest, set, err) < 0)
			return -1;
	}
	return 0;
}

/* --- pieces --- */

static struct store_item *add_item(struct taking *t, enum store_item_kind kind, const char *path)
{
	struct store_item *item = VEC_ADD(&t->ret->items);
	struct stat st;

	item->kind = kind;
	item->path = xstrdup(path);
	if (fstatat(t->store->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		item->created = nanoseconds_of(&st.st_mtim);
		item->used = nanoseconds_of(&st.st_atim);
		item->in_use = item->used >= t->in_use_since;
	}
	return item;
}

static int measure(struct taking *t, struct store_item *item, struct err *err)
{
	uint64_t before = t->usage.bytes;

	if (disk_usage_add(&t->usage, t->store->fd, item->path, t->monitor, err) < 0)
		return -1;
	item->bytes = t->usage.bytes - before;
	return 0;
}

static void set_digest(struct taking *t, struct store_item *item, const char *text)
{
	if (digest_parse(text, &item->digest, NULL) < 0)
		return;
	item->in_image = strmap_has(&t->in_image, text);
	item->in_cache = strmap_has(&t->in_cache, text);
}

static int add_leftover(struct taking *t, const char *path, struct err *err)
{
	struct store_item *item = add_item(t, STORE_LEFTOVER, path);

	item->in_use = sweep_is_locked(t->store->fd, path);
	return measure(t, item, err);
}

static int add_blob(struct taking *t, const char *path, const char *name, struct err *err)
{
	AUTO(freep) char *text = xasprintf("%.6s:%s", path + strlen("blobs/"), name);
	struct store_item *item;

	if (digest_parse(text, &(struct digest){ .text = "" }, NULL) < 0)
		return add_leftover(t, path, err);
	item = add_item(t, STORE_BLOB, path);
	set_digest(t, item, text);
	return measure(t, item, err);
}

static int add_cache_mount(struct taking *t, const char *path, const char *name, struct err *err)
{
	/* locks stay: whoever waits for one must not be left with a file that is gone */
	if (strchr(name, '.'))
		return disk_usage_add(&t->usage, t->store->fd, path, t->monitor, err);
	return measure(t, add_item(t, STORE_CACHE_MOUNT, path), err);
}

static int add_trash(struct taking *t, const char *path, const char *name, struct err *err)
{
	(void)name;
	return add_leftover(t, path, err);
}

/* Calls `add` for each name in a directory, which itself counts as the store's own. */
static int add_directory(struct taking *t, const char *dir_path,
			 int (*add)(struct taking *t, const char *path, const char *name,
				    struct err *err),
			 struct err *err)
{
	AUTO(dir_closep) DIR *dir = dir_open(t->store->fd, dir_path, 0);
	const struct dirent *e;

	if (!dir && errno == ENOENT)
		return 0;
	while (dir && (e = dir_next(dir))) {
		AUTO(freep) char *path = xasprintf("%s/%s", dir_path, e->d_name);

		if (add(t, path, e->d_name, err) < 0)
			return -1;
	}
	return !dir || errno ? err_errno(err, "read '%s'", dir_path) : 0;
}

/* --- snapshots --- */

/* Of what the database says; `known` receives the directories' names. */
static void add_snapshot_row(struct taking *t, sqlite3_stmt *query, struct strmap *known)
{
	const char *boot = db_text(query, 2), *diff_id = db_text(query, 1);
	AUTO(freep) char *path = NULL;
	struct store_item *item;

	path = xasprintf("snapshots/%lld", (long long)sqlite3_column_int64(query, 0));
	item = add_item(t, STORE_SNAPSHOT, path);
	item->snapshot = sqlite3_column_int64(query, 0);
	item->created = sqlite3_column_int64(query, 3) * NANOSECONDS_PER_SECOND;
	strmap_set(known, path, NULL);
	set_digest(t, item, diff_id);
	/* in the making, or of an earlier boot of the machine: snapshot.c tells */
	if (!diff_id[0] || (boot[0] && strcmp(boot, t->store->boot_id) != 0)) {
		item->kind = STORE_LEFTOVER;
		item->in_use = !diff_id[0] && sweep_is_locked(t->store->fd, path);
	} else if (t->quick) {
		item->bytes = (uint64_t)sqlite3_column_int64(query, 4);
	}
}

static int list_snapshots(struct taking *t, struct strmap *known, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&t->store->db);
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_SNAPSHOT_LIST, err);
	bool row = true;

	while (query && db_step(db, query, &row, err) == 0) {
		if (!row)
			return 0;
		add_snapshot_row(t, query, known);
	}
	return -1;
}

/* Snapshots do not change: what was measured once is remembered, unless not all of it was seen. */
static void note_size(struct taking *t, const struct store_item *item)
{
	AUTO(db_unlockp) struct db *db = db_lock(&t->store->db);
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_SNAPSHOT_MEASURED, NULL);

	if (!query)
		return;
	db_bind_int(query, 1, item->snapshot);
	db_bind_int(query, 2, (int64_t)item->bytes);
	if (db_run(db, query, NULL) < 0)
		log_debug("store", "note the size of '%s', ignoring", item->path);
}

static int measure_snapshot(struct taking *t, struct store_item *item, struct err *err)
{
	uint64_t unreadable = t->usage.unreadable;

	if (t->quick && item->kind == STORE_SNAPSHOT && item->bytes > 0) {
		t->usage.bytes += item->bytes;
		return 0;
	}
	if (measure(t, item, err) < 0)
		return -1;
	if (item->kind == STORE_SNAPSHOT && t->usage.unreadable == unreadable)
		note_size(t, item);
	return 0;
}

/* Directories that the database does not know: it was removed by hand. */
static int add_strays(struct taking *t, const struct strmap *known, struct err *err)
{
	VEC_FOREACH(path, &t->snapshots) {
		if (!strmap_has(known, *path) && fs_exists(t->store->fd, *path) &&
		    add_leftover(t, *path, err) < 0)
			return -1;
	}
	return 0;
}

static int add_snapshots(struct taking *t, struct err *err)
{
	AUTO(strmap_release) struct strmap known = STRMAP_INIT;
	size_t first = t->ret->items.len;

	if (list_snapshots(t, &known, err) < 0)
		return -1;
	for (size_t i = first; i < t->ret->items.len; i++) {
		if (measure_snapshot(t, &t->ret->items.items[i], err) < 0)
			return -1;
	}
	return add_strays(t, &known, err);
}

/* --- all of it --- */

static bool is_listed(const char *name)
{
	static const char *const listed[] = { "ingest", "partial", "snapshots", "cache-mounts",
					      "trash" };

	for (size_t i = 0; i < ARRAY_SIZE(listed); i++) {
		if (strcmp(name, listed[i]) == 0)
			return true;
	}
	return false;
}

static void count_own(struct taking *t, const char *path)
{
	struct stat st;

	if (fstatat(t->store->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		t->usage.bytes += (uint64_t)st.st_blocks * 512;
}

static int add_own(struct taking *t, const char *path, const char *name, struct err *err)
{
	if (is_listed(name)) {
		count_own(t, path);
		return 0;
	}
	if (strcmp(name, "blobs") != 0)
		return disk_usage_add(&t->usage, t->store->fd, path, t->monitor, err);
	count_own(t, path);
	count_own(t, "blobs/sha256");
	count_own(t, "blobs/sha512");
	return 0;
}

static int take(struct taking *t, struct err *err)
{
	if (read_records(t, err) < 0 || read_tags(t, err) < 0 ||
	    add_mentioned(t, &t->in_image, err) < 0 || add_mentioned(t, &t->in_cache, err) < 0)
		return -1;
	count_own(t, ".");
	if (add_directory(t, ".", add_own, err) < 0 ||
	    add_directory(t, "blobs/sha256", add_blob, err) < 0 ||
	    add_directory(t, "blobs/sha512", add_blob, err) < 0 || add_snapshots(t, err) < 0 ||
	    add_directory(t, "cache-mounts", add_cache_mount, err) < 0 ||
	    add_directory(t, "ingest", add_trash, err) < 0 ||
	    add_directory(t, "partial", add_trash, err) < 0 ||
	    add_directory(t, "trash", add_trash, err) < 0)
		return -1;
	t->ret->total_bytes = t->ret->other_bytes = t->usage.bytes;
	t->ret->unreadable = t->usage.unreadable;
	VEC_FOREACH(item, &t->ret->items)
		t->ret->other_bytes -= item->bytes;
	return 0;
}

static int list_directories(struct taking *t, struct err *err)
{
	AUTO(dir_closep) DIR *dir = dir_open(t->store->fd, "snapshots", 0);
	const struct dirent *e;

	while (dir && (e = dir_next(dir)))
		strvec_addf(&t->snapshots, "snapshots/%s", e->d_name);
	return !dir || errno ? err_errno(err, "read 'snapshots'") : 0;
}

/*
 * The row of a snapshot and its directory appear under the lock: without it, one could be found without the other and
 * be taken for a stray.
 */
static int begin(struct taking *t, struct err *err)
{
	int result;

	if (lease_begin_removal(&t->store->lease, &t->in_use_since, err) < 0)
		return -1;
	result = list_directories(t, err);
	lease_end_removal(&t->store->lease);
	return result;
}

int store_inventory_take(struct store *store, bool quick, const struct monitor *monitor,
			 struct store_inventory *ret, struct err *err)
{
	struct taking t = { .store = store, .quick = quick, .monitor = monitor, .ret = ret };
	int result;

	*ret = (struct store_inventory){ .other_bytes = 0 };
	result = begin(&t, err) < 0 ? -1 : take(&t, err);
	disk_usage_release(&t.usage);
	strvec_release(&t.snapshots);
	strmap_release(&t.in_image);
	strmap_release(&t.in_cache);
	return result;
}
