/*
 * First all is looked at, which takes its time; then what goes is decided under the lock that keeps others from using it,
 * and moved to trash/ in one go; then trash/ is emptied. A process that dies between leaves things that nothing
 * refers to, and the next one removes them.
 */
#include "image/prune.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fs.h"
#include "mentions.h"
#include "nanoseconds.h"
#include "store_private.h"
#include "sweep.h"

#define TRASH       "trash"
#define AGE_STEP_NS (60 * NANOSECONDS_PER_SECOND)

struct pruning {
	struct store *store;
	const struct prune_request *request;
	const struct monitor *monitor;
	struct store_inventory inventory;
	int64_t began; /* ns: what was used since then the inventory does not know */
	struct prune_result *ret;
};

void prune_result_release(struct prune_result *result)
{
	VEC_FOREACH(item, &result->removed)
		free(item->path);
	free(result->removed.items);
	*result = (struct prune_result){ .removed_bytes = 0 };
}

/* --- choosing --- */

static bool is_eligible(const struct prune_request *request, const struct store_item *item)
{
	if (item->in_use || (request->kinds && !(request->kinds & 1U << item->kind)) ||
	    item->used >= request->unused_since)
		return false;
	if (item->kind == STORE_LEFTOVER)
		return true;
	if (request->extent == PRUNE_LEFTOVERS)
		return item->kind != STORE_CACHE_MOUNT && !item->in_image && !item->in_cache;
	if (item->kind == STORE_BLOB)
		return !item->in_image;
	return request->extent == PRUNE_ALL || (item->kind == STORE_SNAPSHOT && !item->in_image);
}

static int compare(int64_t left, int64_t right)
{
	return left < right ? -1 : left > right;
}

/*
 * Leftovers first, then the least recently used. Within a minute what was made last goes first: a build uses a step's
 * layer a moment before that of the step on top of it, which is worth nothing without the lower one.
 */
static int compare_use(const void *a, const void *b)
{
	const struct store_item *left = a, *right = b;
	int order = (right->kind == STORE_LEFTOVER) - (left->kind == STORE_LEFTOVER);

	if (order == 0)
		order = compare(left->used / AGE_STEP_NS, right->used / AGE_STEP_NS);
	return order ? order : compare(right->created, left->created);
}

static void choose(struct pruning *p)
{
	uint64_t left = p->inventory.total_bytes;

	if (p->inventory.items.len > 0)
		qsort(p->inventory.items.items, p->inventory.items.len,
		      sizeof(*p->inventory.items.items), compare_use);
	VEC_FOREACH(item, &p->inventory.items) {
		bool is_enough = p->request->keep_bytes > 0 && left <= p->request->keep_bytes &&
				 item->kind != STORE_LEFTOVER;

		if (is_enough || !is_eligible(p->request, item))
			continue;
		left -= item->bytes;
		*VEC_ADD(&p->ret->removed) = *item;
		item->path = NULL;
	}
}

/* --- removing --- */

/* Its maker, who had it locked when its row was read, may have come to the end since. In doubt he has. */
static bool was_finished(const struct pruning *p, const struct store_item *item)
{
	AUTO(db_unlockp) struct db *db = db_lock(&p->store->db);
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_SNAPSHOT_IS_UNFINISHED, NULL);
	bool row = false;

	if (!query)
		return true;
	db_bind_int(query, 1, item->snapshot);
	return db_step(db, query, &row, NULL) < 0 || !row;
}

/* Nobody makes it any more; a snapshot that has a digest is of an earlier boot. */
static bool is_left(const struct pruning *p, const struct store_item *item)
{
	if (sweep_is_locked(p->store->fd, item->path))
		return false;
	return !item->snapshot || digest_is_set(&item->digest) || !was_finished(p, item);
}

/* Has nobody used it since it was looked at? Under the lock. */
static bool is_still_idle(const struct pruning *p, const struct store_item *item, int64_t limit)
{
	struct stat st;

	if (limit > p->began)
		limit = p->began;
	if (item->kind == STORE_LEFTOVER)
		return is_left(p, item);
	return fstatat(p->store->fd, item->path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	       nanoseconds_of(&st.st_atim) < limit;
}

static int run_with_int(struct db *db, enum db_query which, int64_t value, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, which, err);

	if (!query)
		return -1;
	db_bind_int(query, 1, value);
	return db_run(db, query, err);
}

static int run_with_text(struct db *db, enum db_query which, const char *text, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, which, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, text);
	return db_run(db, query, err);
}

static int forget_blob(struct db *db, const struct digest *blob, struct err *err)
{
	return run_with_text(db, QUERY_LAYER_FORGET, blob->text, err) < 0
		       ? -1
		       : run_with_text(db, QUERY_BLOCK_FORGET, blob->text, err);
}

struct rows {
	int64_t *items;
	size_t len, cap;
};

static void rows_release(struct rows *rows)
{
	free(rows->items);
}

static bool mentions_any(const char *text, const struct strmap *gone, bool *ret_any)
{
	AUTO(strmap_release) struct strmap mentioned = STRMAP_INIT;

	mentions_add(span_of(text), &mentioned);
	*ret_any = mentioned.len > 0;
	VEC_FOREACH(digest, &mentioned) {
		if (strmap_has(gone, digest->key))
			return true;
	}
	return false;
}

/* A record of a blob that goes; and with PRUNE_ALL one about no blob at all (hashes of files), when it is old enough. */
static bool record_goes(const struct prune_request *request, sqlite3_stmt *query,
			const struct strmap *gone)
{
	int64_t used = sqlite3_column_int64(query, 2);
	bool mentions = false;

	if (mentions_any(db_text(query, 1), gone, &mentions))
		return true;
	return !mentions && request->extent == PRUNE_ALL && !request->keep_bytes &&
	       !request->kinds && used < request->unused_since / NANOSECONDS_PER_SECOND;
}

static int find_records(const struct pruning *p, struct db *db, const struct strmap *gone,
			struct rows *ret, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_CACHE_LIST, err);
	bool row = true;

	while (query && db_step(db, query, &row, err) == 0) {
		if (!row)
			return 0;
		if (record_goes(p->request, query, gone))
			*VEC_ADD(ret) = sqlite3_column_int64(query, 0);
	}
	return -1;
}

static int forget_records(const struct pruning *p, struct db *db, const struct strmap *gone,
			  struct err *err)
{
	AUTO(rows_release) struct rows rows = { .items = NULL };

	if (find_records(p, db, gone, &rows, err) < 0)
		return -1;
	VEC_FOREACH(row, &rows) {
		if (run_with_int(db, QUERY_CACHE_DELETE, *row, err) < 0)
			return -1;
	}
	return 0;
}

/* In a transaction: from here on the database knows nothing of what goes. */
static int forget(const struct pruning *p, struct db *db, struct err *err)
{
	AUTO(strmap_release) struct strmap gone = STRMAP_INIT;

	VEC_FOREACH(item, &p->ret->removed) {
		if (item->kind == STORE_BLOB) {
			strmap_set(&gone, item->digest.text, NULL);
			if (forget_blob(db, &item->digest, err) < 0)
				return -1;
		}
		/* its row goes with its files */
		if (item->snapshot &&
		    run_with_int(db, QUERY_SNAPSHOT_FORGET, item->snapshot, err) < 0)
			return -1;
	}
	return forget_records(p, db, &gone, err);
}

static int forget_all(const struct pruning *p, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&p->store->db);

	if (db_begin(db, err) < 0)
		return -1;
	if (forget(p, db, err) < 0) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

static int throw_away(const struct pruning *p, const struct store_item *item, struct err *err)
{
	AUTO(freep) char *name = NULL;
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return err_errno(err, "random numbers");
	name = xasprintf(TRASH "/%016llx", (unsigned long long)number);
	if (renameat(p->store->fd, item->path, p->store->fd, name) == 0 || errno == ENOENT)
		return 0;
	return err_errno(err, "remove '%s'", item->path);
}

static void drop_busy(struct pruning *p, int64_t limit)
{
	struct store_items *removed = &p->ret->removed;
	size_t kept = 0;

	for (size_t i = 0; i < removed->len; i++) {
		if (is_still_idle(p, &removed->items[i], limit))
			removed->items[kept++] = removed->items[i];
		else
			free(removed->items[i].path);
	}
	removed->len = kept;
}

static int remove_under_lock(struct pruning *p, int64_t limit, struct err *err)
{
	drop_busy(p, limit);
	if (forget_all(p, err) < 0)
		return -1;
	VEC_FOREACH(item, &p->ret->removed) {
		if (throw_away(p, item, err) < 0)
			return -1;
	}
	return 0;
}

/* The directory stays: another process may be about to move something into it. */
static int empty_trash(const struct pruning *p, struct err *err)
{
	AUTO(dir_closep) DIR *dir = dir_open(p->store->fd, TRASH, 0);
	const struct dirent *e;

	while (dir && (e = dir_next(dir)))
		if (fs_remove_all(dirfd(dir), e->d_name, err) < 0)
			return -1;
	return !dir || errno ? err_errno(err, "read '%s/" TRASH "'", p->store->root) : 0;
}

static int forget_snapshots(const struct pruning *p, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&p->store->db);

	VEC_FOREACH(item, &p->ret->removed) {
		if (item->snapshot &&
		    run_with_int(db, QUERY_SNAPSHOT_DELETE, item->snapshot, err) < 0)
			return -1;
	}
	if (p->ret->removed.len > 0 && p->request->extent == PRUNE_ALL)
		db_shrink(db);
	return 0;
}

static int remove_chosen(struct pruning *p, struct err *err)
{
	struct store *store = p->store;
	int64_t limit = 0;
	int result;

	if (mkdirat(store->fd, TRASH, 0700) < 0 && errno != EEXIST)
		return err_errno(err, "create '%s/" TRASH "'", store->root);
	if (lease_begin_removal(&store->lease, &limit, err) < 0)
		return -1;
	result = remove_under_lock(p, limit, err);
	lease_end_removal(&store->lease);
	if (result < 0 || empty_trash(p, err) < 0)
		return -1;
	return forget_snapshots(p, err);
}

int store_prune(struct store *store, const struct prune_request *request,
		const struct monitor *monitor, struct prune_result *ret, struct err *err)
{
	struct pruning p = { .store = store, .request = request, .monitor = monitor, .ret = ret };
	struct timespec now;
	int result;

	*ret = (struct prune_result){ .removed_bytes = 0 };
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	p.began = nanoseconds_of(&now);
	result = store_inventory_take(store, request->keep_bytes > 0, monitor, &p.inventory, err);
	if (result == 0) {
		choose(&p);
		if (!request->dry_run)
			result = remove_chosen(&p, err);
	}
	VEC_FOREACH(item, &ret->removed)
		ret->removed_bytes += item->bytes;
	ret->kept_bytes = p.inventory.total_bytes - ret->removed_bytes;
	store_inventory_release(&p.inventory);
	return result < 0 ? store_failed(store, err) : 0;
}
