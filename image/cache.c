#include <time.h>

#include "base/map.h"
#include "store_private.h"

/* Last use is noted once a day: a look-up must not become a write. */
#define USE_GRANULARITY ((int64_t)24 * 60 * 60)

static int touch(struct db *db, const char *space, const char *key, int64_t now, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_CACHE_TOUCH, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, space);
	db_bind_text(query, 2, key);
	db_bind_int(query, 3, now);
	return db_run(db, query, err);
}

static int get(struct db *db, const char *space, const char *key, struct str *ret, bool *ret_found,
	       int64_t *ret_used, struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_CACHE_GET, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, space);
	db_bind_text(query, 2, key);
	if (db_step(db, query, ret_found, err) < 0)
		return -1;
	if (*ret_found) {
		str_add(ret, db_text(query, 0));
		*ret_used = sqlite3_column_int64(query, 1);
	}
	return 0;
}

int store_cache_get(struct store *store, const char *space, const char *key, struct str *ret,
		    bool *ret_found, struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);
	int64_t now = time(NULL), used = 0;

	str_clear(ret);
	if (get(db, space, key, ret, ret_found, &used, err) < 0)
		return -1;
	if (*ret_found && now - used > USE_GRANULARITY)
		return touch(db, space, key, now, err);
	return 0;
}

static int put(struct db *db, const char *space, const char *key, const char *value, int64_t now,
	       struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_CACHE_SET, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, space);
	db_bind_text(query, 2, key);
	db_bind_text(query, 3, value);
	db_bind_int(query, 4, now);
	return db_run(db, query, err);
}

int store_cache_put(struct store *store, const char *space, const char *key, const char *value,
		    struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);

	return put(db, space, key, value, time(NULL), err) == 0 ? 0 : store_failed(store, err);
}

int store_cache_put_all(struct store *store, const char *space, const struct strmap *records,
			struct err *err)
{
	AUTO(db_unlockp) struct db *db = db_lock(&store->db);
	int64_t now = time(NULL);

	if (db_begin(db, err) < 0)
		return store_failed(store, err);
	VEC_FOREACH(record, records) {
		if (put(db, space, record->key, record->value ? record->value : "", now, err) < 0) {
			db_rollback(db);
			return store_failed(store, err);
		}
	}
	return db_commit(db, err) == 0 ? 0 : store_failed(store, err);
}
