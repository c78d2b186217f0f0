/*
 * A row without a diffID is a snapshot in the making, or one on its way out. Its maker holds a lock on the
 * directory; one that nobody has locked was left by a process that died, and goes when the next one is made (only then,
 * because its files belong to mapped users, and whoever makes snapshots is in the user namespace).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/fs.h"
#include "store_private.h"

struct ids {
	int64_t *items;
	size_t len, cap;
};

static void ids_release(struct ids *ids)
{
	free(ids->items);
}

static void dir_path(int64_t id, const char *below, char path[SNAPSHOT_PATH_MAX])
{
	snprintf(path, SNAPSHOT_PATH_MAX, "snapshots/%lld%s", (long long)id, below);
}

/* "snapshots/17", or that with "/fs" */
static int parse_id(const char *path, int64_t *ret, struct err *err)
{
	static const char prefix[] = "snapshots/";
	struct span rest = span_of(path), number;
	unsigned long long id;

	if (str_has_prefix(path, prefix)) {
		rest = span_of(path + strlen(prefix));
		if ((!span_cut(&rest, '/', &number) || span_eq(rest, "fs")) &&
		    span_to_u64(number, INT64_MAX, &id)) {
			*ret = (int64_t)id;
			return 0;
		}
	}
	return err_set(err, ERR_INPUT, "'%s' is not a snapshot", path);
}

/* Runs a query whose parameters are an id and, unless NULL, a text. */
static int run_for_id(struct db *db, enum db_query which, int64_t id, const char *text,
		      struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, which, err);

	if (!query)
		return -1;
	db_bind_int(query, 1, id);
	if (text)
		db_bind_text(query, 2, text);
	return db_run(db, query, err);
}

/* Runs a query for ids, whose parameter is a text unless NULL. */
static int list_ids(struct db *db, enum db_query which, const char *text, struct ids *ret,
		    struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, which, err);
	bool row = true;

	if (query && text)
		db_bind_text(query, 1, text);
	while (query && db_step(db, query, &row, err) == 0) {
		if (!row)
			return 0;
		*VEC_ADD(ret) = sqlite3_column_int64(query, 0);
	}
	return -1;
}

/* --- looking up --- */

static int get(struct db *db, const struct digest *diff_id, int64_t *ret_id, char boot[40],
	       bool *ret_found, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_SNAPSHOT_GET, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, diff_id->text);
	if (db_step(db, query, ret_found, err) < 0)
		return -1;
	if (*ret_found) {
		*ret_id = sqlite3_column_int64(query, 0);
		snprintf(boot, 40, "%s", db_text(query, 1));
	}
	return 0;
}

/*
 * A snapshot's files are not flushed to the disk one by one; after a power failure some may be empty. So one that
 * store_sync() has not seen counts until the machine starts anew, and is then unpacked again from its blob.
 */
static bool look(struct store *store, struct db *db, const struct digest *diff_id, int64_t *ret_id,
		 char path[SNAPSHOT_PATH_MAX])
{
	char boot[40] = "";
	bool found = false;

	if (get(db, diff_id, ret_id, boot, &found, NULL) < 0 || !found)
		return false;
	dir_path(*ret_id, "/fs", path);
	if ((!boot[0] || strcmp(boot, store->boot_id) == 0) && fs_exists(store->fd, path))
		return true;
	/* if this fails it is still not found */
	(void)run_for_id(db, QUERY_SNAPSHOT_FORGET, *ret_id, NULL, NULL);
	return false;
}

/* Without the database: whoever prunes has the lock of the leases and waits for that of the database. */
static bool use(struct store *store, int64_t id)
{
	char dir[SNAPSHOT_PATH_MAX];

	dir_path(id, "", dir);
	return store_use(store, dir);
}

static bool find(struct store *store, const struct digest *diff_id, int64_t *ret_id,
		 char path[SNAPSHOT_PATH_MAX])
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);

	return look(store, db, diff_id, ret_id, path);
}

bool store_find_snapshot(struct store *store, const struct digest *diff_id,
			 char path[SNAPSHOT_PATH_MAX])
{
	int64_t id = 0;

	return find(store, diff_id, &id, path) && use(store, id) && fs_exists(store->fd, path);
}

/* --- removing: the files go without the database's lock, which others wait for --- */

/* A change of one row, by itself. */
static int change_row(struct store *store, enum db_query which, int64_t id, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);

	return run_for_id(db, which, id, NULL, err);
}

/* Of one whose row has no diffID any more. */
static int remove_snapshot(struct store *store, int64_t id, struct err *err)
{
	char path[SNAPSHOT_PATH_MAX];

	dir_path(id, "", path);
	if (fs_remove_all(store->fd, path, err) < 0)
		return -1;
	return change_row(store, QUERY_SNAPSHOT_DELETE, id, err);
}

/* None but for the first call. */
static int find_unfinished(struct store *store, struct ids *ret, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);

	if (store->swept)
		return 0;
	store->swept = true;
	return list_ids(db, QUERY_SNAPSHOT_UNFINISHED, NULL, ret, err);
}

static bool is_unfinished(struct store *store, int64_t id)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_SNAPSHOT_IS_UNFINISHED, NULL);
	bool row = false;

	if (!query)
		return false;
	db_bind_int(query, 1, id);
	return db_step(db, query, &row, NULL) == 0 && row;
}

/*
 * Asked again once the lock is ours: since the list was made, the maker may have committed and gone. What cannot be
 * removed now (we are outside of the user namespace) waits for the next time.
 */
static void sweep_one(struct store *store, int64_t id)
{
	AUTO(fd_closep) int fd = -1;
	char path[SNAPSHOT_PATH_MAX];

	dir_path(id, "", path);
	fd = openat(store->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 ? errno != ENOENT : flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	if (is_unfinished(store, id))
		(void)remove_snapshot(store, id, NULL);
}

static void sweep(struct store *store)
{
	AUTO(ids_release) struct ids ids = { .items = NULL };

	(void)find_unfinished(store, &ids, NULL);
	VEC_FOREACH(id, &ids)
		sweep_one(store, *id);
}

static void unlock(struct store *store, int64_t id)
{
	AUTO(db_unlockp) UNUSED struct db *db = db_lock(&store->db);

	for (size_t i = 0; i < store->making.len; i++)
		if (store->making.items[i].id == id) {
			fd_closep(&store->making.items[i].fd);
			store->making.items[i] = store->making.items[--store->making.len];
			return;
		}
}

int store_drop_snapshot(struct store *store, const char *path, struct err *err)
{
	int64_t id = 0;

	if (parse_id(path, &id, err) < 0)
		return -1;
	/* one that never counted goes without a word to the database, which may have no room for it */
	if ((!is_unfinished(store, id) && change_row(store, QUERY_SNAPSHOT_FORGET, id, err) < 0) ||
	    remove_snapshot(store, id, err) < 0) {
		err_wrap(err, "remove snapshot '%s'", path);
		return store_failed(store, err);
	}
	unlock(store, id);
	return 0;
}

/* --- making --- */

static int insert(struct store *store, struct db *db, int64_t *ret_id, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_SNAPSHOT_NEW, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, store->boot_id);
	db_bind_int(query, 2, time(NULL));
	if (db_run(db, query, err) < 0)
		return -1;
	*ret_id = sqlite3_last_insert_rowid(db->handle);
	return 0;
}

static int make_directories(struct store *store, const char *path, int *ret_fd, struct err *err)
{
	static const char *const names[] = { "fs", "work" };
	AUTO(fd_closep) int fd = -1;

	if (mkdirat(store->fd, path, 0755) < 0)
		return err_errno(err, "create '%s/%s'", store->root, path);
	if (fd_open(store->fd, path, O_RDONLY | O_DIRECTORY, 0, &fd, err) < 0)
		return -1;
	if (flock(fd, LOCK_EX) < 0)
		return err_errno(err, "lock '%s/%s'", store->root, path);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		/* chmod: the umask took from the mode */
		if (mkdirat(fd, names[i], 0755) < 0 || fchmodat(fd, names[i], 0755, 0) < 0)
			return err_errno(err, "create '%s/%s/%s'", store->root, path, names[i]);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/*
 * A number whose directory is there although its row is not (the database was removed by hand) is passed over: its row
 * stays, and the next sweep removes both.
 */
static int make(struct store *store, struct db *db, char path[SNAPSHOT_PATH_MAX], struct err *err)
{
	struct snapshot_lock lock = { .fd = -1 };
	int result;

	for (;;) {
		path[0] = '\0';
		if (insert(store, db, &lock.id, err) < 0)
			return -1;
		dir_path(lock.id, "", path);
		if (!fs_exists(store->fd, path))
			break;
	}
	result = make_directories(store, path, &lock.fd, err);
	if (result == 0)
		*VEC_ADD(&store->making) = lock;
	return result;
}

static int add_snapshot(struct store *store, char path[SNAPSHOT_PATH_MAX], struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);

	/* nobody sees the row before the directory is there and locked */
	if (db_begin(db, err) < 0)
		return -1;
	if (make(store, db, path, err) < 0) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

/* It has no row. If its directory stays, its number is passed over. */
static void discard(struct store *store, const char *path)
{
	struct err ignored = ERR_INIT;
	int64_t id = 0;

	if (parse_id(path, &id, &ignored) == 0 && fs_remove_all(store->fd, path, &ignored) == 0)
		unlock(store, id);
	err_release(&ignored);
}

int store_new_snapshot(struct store *store, char path[SNAPSHOT_PATH_MAX], struct err *err)
{
	int result;

	sweep(store);
	path[0] = '\0';
	lease_begin_use(&store->lease); /* before the database's lock, as whoever removes */
	result = add_snapshot(store, path, err);
	lease_end_use(&store->lease);
	if (result == 0)
		return 0;
	if (path[0])
		discard(store, path);
	return store_failed(store, err);
}

/* *ret_other is 0, or that of another process which was first, whose path is `path`. */
static int claim(struct store *store, int64_t id, const struct digest *diff_id,
		 char path[SNAPSHOT_PATH_MAX], int64_t *ret_other, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);

	if (db_begin(db, err) < 0)
		return -1;
	if (!look(store, db, diff_id, ret_other, path)) {
		*ret_other = 0;
		if (run_for_id(db, QUERY_SNAPSHOT_SET, id, diff_id->text, err) < 0) {
			db_rollback(db);
			return -1;
		}
	}
	return db_commit(db, err);
}

/* Another one's may be pruned before it is noted that we use it: then ours counts after all. */
static int settle(struct store *store, int64_t id, const struct digest *diff_id,
		  char path[SNAPSHOT_PATH_MAX], bool *ret_first, struct err *err)
{
	int64_t other = 0;

	do {
		if (claim(store, id, diff_id, path, &other, err) < 0)
			return -1;
	} while (other != 0 && !use(store, other));
	*ret_first = other == 0;
	return 0;
}

int store_commit_snapshot(struct store *store, char path[SNAPSHOT_PATH_MAX],
			  const struct digest *diff_id, struct err *err)
{
	char work[SNAPSHOT_PATH_MAX], result[SNAPSHOT_PATH_MAX];
	bool first = false;
	int64_t id = 0;

	if (parse_id(path, &id, err) < 0)
		return -1;
	dir_path(id, "/work", work);
	if (fs_remove_all(store->fd, work, err) < 0 ||
	    settle(store, id, diff_id, result, &first, err) < 0 ||
	    (!first && remove_snapshot(store, id, err) < 0)) {
		err_wrap(err, "commit snapshot '%s'", path);
		return store_failed(store, err);
	}
	unlock(store, id);
	if (first)
		dir_path(id, "/fs", result);
	memcpy(path, result, SNAPSHOT_PATH_MAX);
	return 0;
}

/* --- the disk --- */

static int find_unsynced(struct store *store, struct ids *ret, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);

	return list_ids(db, QUERY_SNAPSHOT_UNSYNCED, store->boot_id, ret, err);
}

static int note_synced(struct store *store, const struct ids *ids, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);

	if (db_begin(db, err) < 0)
		return -1;
	VEC_FOREACH(id, ids) {
		if (run_for_id(db, QUERY_SNAPSHOT_SYNCED, *id, NULL, err) < 0) {
			db_rollback(db);
			return -1;
		}
	}
	return db_commit(db, err);
}

int store_sync(struct store *store, struct err *err)
{
	AUTO(ids_release) struct ids ids = { .items = NULL };

	/* before: those that come while we wait for the disk are not on it */
	if (find_unsynced(store, &ids, err) < 0)
		return store_failed(store, err);
	if (syncfs(store->fd) < 0) {
		err_errno(err, "sync '%s'", store->root);
		return store_failed(store, err);
	}
	return note_synced(store, &ids, err) == 0 ? 0 : store_failed(store, err);
}

/* --- layers: which blobs hold which content --- */

int store_record_layer(struct store *store, const struct digest *diff_id,
		       const struct descriptor *blob, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_LAYER_SET, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, diff_id->text);
	db_bind_text(query, 2, blob->digest.text);
	db_bind_text(query, 3, blob->media_type);
	db_bind_int(query, 4, (int64_t)blob->size);
	return db_run(db, query, err) == 0 ? 0 : store_failed(store, err);
}

/* Damaged rows are passed over. */
static int list_blobs(struct store *store, const struct digest *diff_id, struct descriptors *ret,
		      struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_LAYER_GET, err);
	struct digest digest;
	bool row = true;

	if (!query)
		return -1;
	db_bind_text(query, 1, diff_id->text);
	while (db_step(db, query, &row, err) == 0) {
		if (!row)
			return 0;
		if (digest_parse(db_text(query, 0), &digest, NULL) < 0)
			continue;
		*VEC_ADD(ret) = (struct descriptor){
			.media_type = xstrdup(db_text(query, 1)),
			.digest = digest,
			.size = (uint64_t)sqlite3_column_int64(query, 2),
		};
	}
	return -1;
}

int store_find_layer(struct store *store, const struct digest *diff_id, struct descriptor *ret,
		     struct err *err)
{
	AUTO(descriptors_release) struct descriptors blobs = { .items = NULL };

	if (list_blobs(store, diff_id, &blobs, err) < 0)
		return -1;
	VEC_FOREACH(blob, &blobs) {
		if (!store_has_blob(store, &blob->digest, NULL))
			continue;
		*ret = *blob;
		*blob = (struct descriptor){ .size = 0 };
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "no blob of layer %s in the store", diff_id->text);
}
