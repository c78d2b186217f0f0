/*
 * The store's SQLite database: opened once, statements prepared at their first use. A connection serves one thread at a
 * time, so that whoever uses it holds its lock:
 *
 *	AUTO(db_unlockp) struct db *db = db_lock(&store->db);
 *	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_TAG_GET, err);
 *
 *	if (!query || db_bind_text(...) ...
 */
#ifndef IMAGE_DATABASE_H
#define IMAGE_DATABASE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum db_query {
	QUERY_BEGIN,
	QUERY_COMMIT,
	QUERY_ROLLBACK,
	QUERY_TAG_GET,
	QUERY_TAG_SET,
	QUERY_TAG_TOUCH,
	QUERY_TAG_DELETE,
	QUERY_TAG_LIST,
	QUERY_META_GET,
	QUERY_META_SET,
	QUERY_LAYER_SET,
	QUERY_LAYER_GET,
	QUERY_SNAPSHOT_NEW,
	QUERY_SNAPSHOT_GET,
	QUERY_SNAPSHOT_SET,
	QUERY_SNAPSHOT_FORGET,
	QUERY_SNAPSHOT_DELETE,
	QUERY_SNAPSHOT_UNFINISHED,
	QUERY_SNAPSHOT_IS_UNFINISHED,
	QUERY_SNAPSHOT_UNSYNCED,
	QUERY_SNAPSHOT_SYNCED,
	QUERY_SNAPSHOT_LIST,
	QUERY_SNAPSHOT_MEASURED,
	QUERY_CACHE_GET,
	QUERY_CACHE_SET,
	QUERY_CACHE_TOUCH,
	QUERY_CACHE_LIST,
	QUERY_CACHE_DELETE,
	QUERY_LAYER_FORGET,
	QUERY_BLOCK_GET,
	QUERY_BLOCK_SET,
	QUERY_BLOCK_FORGET,
	QUERIES
};

struct db {
	sqlite3 *handle;
	sqlite3_stmt *queries[QUERIES];
	pthread_mutex_t lock;
	char *path;
	int log_pages; /* of the write-ahead log at our last commit */
};

/* Opens `path`, and makes the tables when there are none; `lock_fd` serialises that among processes. */
WARN_UNUSED int db_open(struct db *db, const char *path, int lock_fd, struct err *err);
void db_close(struct db *db);

struct db *db_lock(struct db *db);
void db_unlockp(struct db **db);

/* Ready for its parameters; NULL on error. */
sqlite3_stmt *db_query(struct db *db, enum db_query which, struct err *err);
/* For AUTO: ends the query, and with it the read transaction that it holds. */
void db_resetp(sqlite3_stmt **query);
/* Parameters count from 1; the text must live until the query has ended. */
void db_bind_text(sqlite3_stmt *query, int at, const char *text);
void db_bind_int(sqlite3_stmt *query, int at, int64_t value);
/* The next row; *ret_row is false behind the last. */
WARN_UNUSED int db_step(struct db *db, sqlite3_stmt *query, bool *ret_row, struct err *err);
/* A query without rows. */
WARN_UNUSED int db_run(struct db *db, sqlite3_stmt *query, struct err *err);
/* Columns count from 0; "" for NULL; borrowed until the next step. */
const char *db_text(sqlite3_stmt *query, int column);

/* Gives the room of what was deleted back to the file system, as far as nobody else is at work. */
void db_shrink(struct db *db);
/* *ret_problem is "" when the file is sound. */
WARN_UNUSED int db_check(struct db *db, struct str *ret_problem, struct err *err);

/* A transaction that has the write lock from its beginning on. */
WARN_UNUSED int db_begin(struct db *db, struct err *err);
WARN_UNUSED int db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);

#endif
