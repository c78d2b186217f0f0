#include "block_cache.h"

#include <libdeflate.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "compressor.h"
#include "store_private.h"

#define SOURCES_MAX 16 /* blobs that one layer copies from */

/* A block of a blob. */
struct place {
	struct digest blob;
	uint64_t offset;
	size_t len;
	uint32_t crc; /* of the compressed bytes: a damaged blob must not spread */
};

struct note {
	struct block_key key;
	uint64_t offset;
	size_t len;
	uint32_t crc;
};

struct notes {
	struct note *items;
	size_t len, cap;
};

struct source {
	struct digest blob;
	int fd;
};

struct block_cache {
	struct store *store;
	char form[32]; /* how blocks are compressed */
	struct notes notes;
	pthread_mutex_t lock; /* of what follows */
	struct source sources[SOURCES_MAX];
	size_t source_count;
};

struct block_cache *block_cache_new(struct store *store, const struct layer_options *options)
{
	struct block_cache *cache;
	int level;

	if (options->compression == COMPRESSION_NONE)
		return NULL;
	cache = xcalloc(1, sizeof(*cache));
	cache->store = store;
	pthread_mutex_init(&cache->lock, NULL);
	level = compressor_level(options->compression, options->level);
	if (options->compression == COMPRESSION_GZIP)
		snprintf(cache->form, sizeof(cache->form), "gzip%d-" LIBDEFLATE_VERSION_STRING,
			 level);
	else
		snprintf(cache->form, sizeof(cache->form), "zstd%d-%u", level,
			 ZSTD_versionNumber());
	return cache;
}

void block_cache_freep(struct block_cache **cache)
{
	struct block_cache *c = TAKE(*cache);

	if (!c)
		return;
	for (size_t i = 0; i < c->source_count; i++)
		fd_closep(&c->sources[i].fd);
	free(c->notes.items);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void make_key(const struct block_cache *cache, const void *data, size_t len,
		     struct block_key *ret)
{
	struct digest digest;

	digest_of(data, len, &digest);
	snprintf(ret->text, sizeof(ret->text), "%.64s %.30s", digest_hex(&digest), cache->form);
}

static bool look_up(struct block_cache *cache, const struct block_key *key, struct place *ret)
{
	AUTO(db_unlockp) struct db *db = db_lock(&cache->store->db);
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_BLOCK_GET, NULL);
	bool row = false;

	if (!query)
		return false;
	db_bind_text(query, 1, key->text);
	if (db_step(db, query, &row, NULL) < 0 || !row ||
	    digest_parse(db_text(query, 0), &ret->blob, NULL) < 0)
		return false;
	ret->offset = (uint64_t)sqlite3_column_int64(query, 1);
	ret->len = (size_t)sqlite3_column_int64(query, 2);
	ret->crc = (uint32_t)sqlite3_column_int64(query, 3);
	return true;
}

/* -1 when it is not there, or there are too many; borrowed until the end. */
static int open_source(struct block_cache *cache, const struct digest *blob)
{
	int fd = -1;

	pthread_mutex_lock(&cache->lock);
	for (size_t i = 0; i < cache->source_count && fd < 0; i++)
		if (digest_equal(&cache->sources[i].blob, blob))
			fd = cache->sources[i].fd;
	if (fd < 0 && cache->source_count < SOURCES_MAX &&
	    store_open_blob(cache->store, blob, &fd, NULL) == 0)
		cache->sources[cache->source_count++] = (struct source){ .blob = *blob, .fd = fd };
	pthread_mutex_unlock(&cache->lock);
	return fd;
}

bool block_cache_find(struct block_cache *cache, const void *data, size_t len, void *out,
		      size_t size, size_t *ret_len, struct block_key *ret_key)
{
	struct place place;
	int fd;

	make_key(cache, data, len, ret_key);
	if (!look_up(cache, ret_key, &place) || place.len > size)
		return false;
	fd = open_source(cache, &place.blob);
	if (fd < 0 || pread(fd, out, place.len, (off_t)place.offset) != (ssize_t)place.len ||
	    libdeflate_crc32(0, out, place.len) != place.crc)
		return false;
	*ret_len = place.len;
	return true;
}

void block_cache_note(struct block_cache *cache, const struct block_key *key, uint64_t offset,
		      const void *out, size_t len)
{
	*VEC_ADD(&cache->notes) = (struct note){
		.key = *key,
		.offset = offset,
		.len = len,
		.crc = libdeflate_crc32(0, out, len),
	};
}

static int save_note(struct db *db, const struct note *note, const struct digest *blob,
		     struct err *err)
{
	AUTO(db_resetp) sqlite3_stmt *query = db_query(db, QUERY_BLOCK_SET, err);

	if (!query)
		return -1;
	db_bind_text(query, 1, note->key.text);
	db_bind_text(query, 2, blob->text);
	db_bind_int(query, 3, (int64_t)note->offset);
	db_bind_int(query, 4, (int64_t)note->len);
	db_bind_int(query, 5, (int64_t)note->crc);
	return db_run(db, query, err);
}

int block_cache_save(struct block_cache *cache, const struct digest *blob, struct err *err)
{
	AUTO(db_unlockp) struct db *db = NULL;

	db = db_lock(&cache->store->db);
	if (cache->notes.len == 0)
		return 0;
	if (db_begin(db, err) < 0)
		return store_failed(cache->store, err);
	VEC_FOREACH(note, &cache->notes) {
		if (save_note(db, note, blob, err) < 0) {
			db_rollback(db);
			return store_failed(cache->store, err);
		}
	}
	return db_commit(db, err) == 0 ? 0 : store_failed(cache->store, err);
}
