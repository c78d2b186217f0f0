#include "database.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>

#include "base/alloc.h"
#include "base/str.h"

#define SCHEMA_VERSION    3
#define BUSY_TIMEOUT_MS   120000
#define SHRINK_FROM_PAGES 256 /* of 4 KiB */
/*
 * Pages after which a commit moves the log into the database, which waits for the disk; and after which closing does, because
 * the next process to open the store reads the whole log: 100 pages cost it 0.2 ms.
 */
#define CHECKPOINT_PAGES       1000
#define CLOSE_CHECKPOINT_PAGES 100

#define BLOCKS_TABLE                                                                             \
	"CREATE TABLE blocks (key TEXT PRIMARY KEY, blob TEXT NOT NULL, start INTEGER NOT NULL," \
	" size INTEGER NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;"                           \
	"CREATE INDEX blocks_of_blob ON blocks (blob);"

static const char schema[] =
	"CREATE TABLE tags (name TEXT PRIMARY KEY, media_type TEXT NOT NULL, digest TEXT NOT NULL,"
	" size INTEGER NOT NULL, os TEXT, arch TEXT, variant TEXT, updated INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE layers (diff_id TEXT NOT NULL, blob TEXT NOT NULL, media_type TEXT NOT NULL,"
	" size INTEGER NOT NULL, PRIMARY KEY (diff_id, blob)) WITHOUT ROWID;"
	/* AUTOINCREMENT: a number is never used again, its directory may still be there */
	"CREATE TABLE snapshots (id INTEGER PRIMARY KEY AUTOINCREMENT, diff_id TEXT UNIQUE,"
	" boot TEXT NOT NULL, created INTEGER NOT NULL, bytes INTEGER);"
	/* with rowids: else SQLite reads each large value on the way of a search to its end */
	"CREATE TABLE cache (space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
	" used INTEGER NOT NULL, PRIMARY KEY (space, key));"
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;" BLOCKS_TABLE;

/* What makes version N + 1 of version N. */
static const char *const upgrades[SCHEMA_VERSION] = {
	[1] = "ALTER TABLE snapshots ADD COLUMN bytes INTEGER;",
	[2] = BLOCKS_TABLE,
};

static const char *const sql[QUERIES] = {
	[QUERY_BEGIN] = "BEGIN IMMEDIATE",
	[QUERY_COMMIT] = "COMMIT",
	[QUERY_ROLLBACK] = "ROLLBACK",
	[QUERY_TAG_GET] = ("SELECT name, media_type, digest, size, os, arch, variant, updated"
			   " FROM tags WHERE name = ?1"),
	[QUERY_TAG_SET] = "INSERT OR REPLACE INTO tags VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[QUERY_TAG_TOUCH] = "UPDATE tags SET updated = ?2 WHERE name = ?1",
	[QUERY_TAG_DELETE] = "DELETE FROM tags WHERE name = ?1",
	[QUERY_TAG_LIST] = ("SELECT name, media_type, digest, size, os, arch, variant, updated"
			    " FROM tags ORDER BY name"),
	[QUERY_META_GET] = "SELECT value FROM meta WHERE key = ?1",
	[QUERY_META_SET] = "INSERT OR REPLACE INTO meta VALUES (?1, ?2)",
	[QUERY_LAYER_SET] = "INSERT OR REPLACE INTO layers VALUES (?1, ?2, ?3, ?4)",
	[QUERY_LAYER_GET] = "SELECT blob, media_type, size FROM layers WHERE diff_id = ?1",
	[QUERY_SNAPSHOT_NEW] = "INSERT INTO snapshots (boot, created) VALUES (?1, ?2)",
	[QUERY_SNAPSHOT_GET] = "SELECT id, boot FROM snapshots WHERE diff_id = ?1",
	[QUERY_SNAPSHOT_SET] = "UPDATE snapshots SET diff_id = ?2 WHERE id = ?1",
	[QUERY_SNAPSHOT_FORGET] = "UPDATE snapshots SET diff_id = NULL WHERE id = ?1",
	[QUERY_SNAPSHOT_DELETE] = "DELETE FROM snapshots WHERE id = ?1",
	[QUERY_SNAPSHOT_UNFINISHED] = "SELECT id FROM snapshots WHERE diff_id IS NULL",
	[QUERY_SNAPSHOT_IS_UNFINISHED] = ("SELECT id FROM snapshots"
					  " WHERE id = ?1 AND diff_id IS NULL"),
	[QUERY_SNAPSHOT_UNSYNCED] = ("SELECT id FROM snapshots"
				     " WHERE diff_id IS NOT NULL AND boot = ?1"),
	[QUERY_SNAPSHOT_LIST] = "SELECT id, diff_id, boot, created, bytes FROM snapshots",
	[QUERY_SNAPSHOT_MEASURED] = "UPDATE snapshots SET bytes = ?2 WHERE id = ?1",
	[QUERY_SNAPSHOT_SYNCED] = "UPDATE snapshots SET boot = '' WHERE id = ?1",
	[QUERY_CACHE_GET] = "SELECT value, used FROM cache WHERE space = ?1 AND key = ?2",
	[QUERY_CACHE_SET] = "INSERT OR REPLACE INTO cache VALUES (?1, ?2, ?3, ?4)",
	[QUERY_CACHE_TOUCH] = "UPDATE cache SET used = ?3 WHERE space = ?1 AND key = ?2",
	[QUERY_CACHE_LIST] = "SELECT rowid, value, used FROM cache",
	[QUERY_CACHE_DELETE] = "DELETE FROM cache WHERE rowid = ?1",
	[QUERY_LAYER_FORGET] = "DELETE FROM layers WHERE blob = ?1",
	[QUERY_BLOCK_GET] = "SELECT blob, start, size, crc FROM blocks WHERE key = ?1",
	[QUERY_BLOCK_SET] = "INSERT OR REPLACE INTO blocks VALUES (?1, ?2, ?3, ?4, ?5)",
	[QUERY_BLOCK_FORGET] = "DELETE FROM blocks WHERE blob = ?1",
};

/* The cause of an SQLITE_IOERR, as an errno; 0 = unknown. */
static int cause_of(struct db *db)
{
	int cause = sqlite3_system_errno(db->handle);

	/* it asked for room in the file that it shares with other processes, and says no more */
	return cause == 0 && sqlite3_extended_errcode(db->handle) == SQLITE_IOERR_SHMSIZE ? ENOSPC
											  : cause;
}

static int failed(struct db *db, struct err *err)
{
	int code = db->handle ? sqlite3_errcode(db->handle) : SQLITE_NOMEM;
	const char *text = db->handle ? sqlite3_errmsg(db->handle) : "out of memory";

	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		err_set(err, ERR_SYSTEM, "the database '%s' is damaged: %s", db->path, text);
		return err_hint(err,
				"remove '%s*': the blobs stay, tags and the build cache start "
				"anew",
				db->path);
	case SQLITE_FULL: return err_errnum(err, ENOSPC, "the database '%s'", db->path);
	case SQLITE_IOERR:
		if (cause_of(db) != 0)
			return err_errnum(err, cause_of(db), "the database '%s'", db->path);
		return err_set(err, ERR_SYSTEM, "the database '%s': %s", db->path, text);
	case SQLITE_BUSY:
		err_set(err, ERR_SYSTEM, "the database '%s' is in use by another process",
			db->path);
		return err_hint(err, "wait for the other edgectl to end");
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return err_set(err, ERR_DENIED, "the database '%s': %s", db->path, text);
	default: return err_set(err, ERR_SYSTEM, "the database '%s': %s", db->path, text);
	}
}

static int exec(struct db *db, const char *text, struct err *err)
{
	return sqlite3_exec(db->handle, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(db, err);
}

static int read_version(struct db *db, int *ret, struct err *err)
{
	sqlite3_stmt *query = NULL;

	if (sqlite3_prepare_v2(db->handle, "PRAGMA user_version", -1, &query, NULL) != SQLITE_OK ||
	    sqlite3_step(query) != SQLITE_ROW) {
		failed(db, err);
		sqlite3_finalize(query);
		return -1;
	}
	*ret = sqlite3_column_int(query, 0);
	sqlite3_finalize(query);
	return 0;
}

static int create_schema(struct db *db, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	/* the mode is kept in the file; it cannot be changed inside of a transaction */
	if (exec(db, "PRAGMA journal_mode = WAL", err) < 0)
		return -1;
	str_addf(&text, "BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT;", schema,
		 SCHEMA_VERSION);
	return exec(db, text.ptr, err);
}

static int upgrade_schema(struct db *db, int version, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, "BEGIN IMMEDIATE; ");
	for (; version < SCHEMA_VERSION; version++)
		str_add(&text, upgrades[version]);
	str_addf(&text, " PRAGMA user_version = %d; COMMIT;", SCHEMA_VERSION);
	return exec(db, text.ptr, err);
}

static int prepare_schema(struct db *db, int lock_fd, struct err *err)
{
	int version = 0, result = 0;

	if (read_version(db, &version, err) < 0)
		return -1;
	if (version < SCHEMA_VERSION) {
		if (flock(lock_fd, LOCK_EX) < 0)
			return err_errno(err, "lock the store");
		result = read_version(db, &version, err);
		if (result == 0 && version < SCHEMA_VERSION) {
			result = version == 0 ? create_schema(db, err)
					      : upgrade_schema(db, version, err);
			version = SCHEMA_VERSION;
		}
		(void)flock(lock_fd, LOCK_UN); /* cannot fail on a lock that is held */
	}
	if (result == 0 && version != SCHEMA_VERSION) {
		err_set(err, ERR_UNSUPPORTED, "the database '%s' is of version %d, not %d",
			db->path, version, SCHEMA_VERSION);
		result = err_hint(err, "it was made by another edgectl: use that one, or another "
				       "store with EDGECTL_ROOT");
	}
	return result;
}

/* After each commit: as SQLite's own automatic checkpoint, and notes how long the log is. */
static int watch_log(void *data, sqlite3 *handle, const char *name, int pages)
{
	struct db *db = data;

	db->log_pages = pages;
	if (pages >= CHECKPOINT_PAGES)
		(void)sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL,
						NULL); /* or the next commit does */
	return SQLITE_OK;
}

int db_open(struct db *db, const char *path, int lock_fd, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	pthread_mutex_init(&db->lock, NULL);
	db->path = xstrdup(path);
	if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK)
		return failed(db, err);
	sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
	/* the last to leave would otherwise wait for the disk */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_wal_hook(db->handle, watch_log, db);
	if (exec(db, "PRAGMA synchronous = NORMAL", err) < 0)
		return -1;
	return prepare_schema(db, lock_fd, err);
}

/* Where others are at work the log stays, for them. */
static void empty_log(struct db *db)
{
	sqlite3_busy_timeout(db->handle, 0);
	(void)sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

void db_close(struct db *db)
{
	for (size_t i = 0; i < QUERIES; i++)
		sqlite3_finalize(db->queries[i]);
	if (db->log_pages >= CLOSE_CHECKPOINT_PAGES)
		empty_log(db);
	sqlite3_close(db->handle);
	if (db->path)
		pthread_mutex_destroy(&db->lock);
	free(db->path);
	*db = (struct db){ .handle = NULL };
}

struct db *db_lock(struct db *db)
{
	pthread_mutex_lock(&db->lock);
	return db;
}

void db_unlockp(struct db **db)
{
	pthread_mutex_unlock(&(*db)->lock);
}

sqlite3_stmt *db_query(struct db *db, enum db_query which, struct err *err)
{
	sqlite3_stmt **query = &db->queries[which];

	if (!*query && sqlite3_prepare_v3(db->handle, sql[which], -1, SQLITE_PREPARE_PERSISTENT,
					  query, NULL) != SQLITE_OK) {
		failed(db, err);
		return NULL;
	}
	return *query;
}

void db_resetp(sqlite3_stmt **query)
{
	/* its result repeats the error of the last step */
	if (*query) {
		(void)sqlite3_reset(*query);
		(void)sqlite3_clear_bindings(*query);
	}
}

void db_bind_text(sqlite3_stmt *query, int at, const char *text)
{
	(void)sqlite3_bind_text(query, at, text, -1, SQLITE_STATIC);
}

void db_bind_int(sqlite3_stmt *query, int at, int64_t value)
{
	(void)sqlite3_bind_int64(query, at, value);
}

int db_step(struct db *db, sqlite3_stmt *query, bool *ret_row, struct err *err)
{
	int code = sqlite3_step(query);

	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return failed(db, err);
	*ret_row = code == SQLITE_ROW;
	return 0;
}

int db_run(struct db *db, sqlite3_stmt *query, struct err *err)
{
	bool row;

	return db_step(db, query, &row, err);
}

const char *db_text(sqlite3_stmt *query, int column)
{
	const char *text = (const char *)sqlite3_column_text(query, column);

	return text ? text : "";
}

static int run(struct db *db, enum db_query which, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, which, err);

	return query ? db_run(db, query, err) : -1;
}

int db_begin(struct db *db, struct err *err)
{
	return run(db, QUERY_BEGIN, err);
}

int db_commit(struct db *db, struct err *err)
{
	if (run(db, QUERY_COMMIT, err) == 0)
		return 0;
	db_rollback(db);
	return -1;
}

static int64_t pragma(struct db *db, const char *text)
{
	sqlite3_stmt *query = NULL;
	int64_t value = 0;

	if (sqlite3_prepare_v2(db->handle, text, -1, &query, NULL) == SQLITE_OK &&
	    sqlite3_step(query) == SQLITE_ROW)
		value = sqlite3_column_int64(query, 0);
	sqlite3_finalize(query);
	return value;
}

void db_shrink(struct db *db)
{
	int64_t pages = pragma(db, "PRAGMA page_count"),
		unused = pragma(db, "PRAGMA freelist_count");

	/* Everybody else waits meanwhile: it has to be worth it. */
	if (unused < SHRINK_FROM_PAGES || unused < pages / 4)
		return;
	/* others that are at work make these fail, and the next time does it */
	(void)exec(db, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", NULL);
}

int db_check(struct db *db, struct str *ret_problem, struct err *err)
{
	sqlite3_stmt *query = NULL;
	int code;

	str_clear(ret_problem);
	if (sqlite3_prepare_v2(db->handle, "PRAGMA integrity_check(1)", -1, &query, NULL) !=
	    SQLITE_OK)
		return failed(db, err);
	code = sqlite3_step(query);
	if (code == SQLITE_ROW && strcmp(db_text(query, 0), "ok") != 0)
		str_add(ret_problem, db_text(query, 0));
	sqlite3_finalize(query);
	return code == SQLITE_ROW ? 0 : failed(db, err);
}

void db_rollback(struct db *db)
{
	/* SQLite rolls back by itself after some errors, and then there is nothing left to undo */
	if (!sqlite3_get_autocommit(db->handle))
		(void)run(db, QUERY_ROLLBACK, NULL);
}
