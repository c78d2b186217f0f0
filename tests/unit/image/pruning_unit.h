/* For the tests of what the store knows of its pieces: a store with something of every kind in it. */
#ifndef PRUNING_UNIT_H
#define PRUNING_UNIT_H

#include <time.h>

#include "database_unit.h"
#include "image/inventory.h"
#include "image/prune.h"

#define DAY_S (24 * 60 * 60)

/* A named image of two blobs, a layer that only the cache knows, one that nobody knows, a snapshot of each layer. */
struct stocked {
	struct digest manifest, layer, cached, unknown;
	char layer_snapshot[SNAPSHOT_PATH_MAX], cached_snapshot[SNAPSHOT_PATH_MAX];
};

static inline struct digest put(const char *text)
{
	struct digest digest;

	assert_ok(store_put_blob(store_, text, strlen(text), &digest, &err_));
	return digest;
}

static inline void make_snapshot(const struct digest *diff_id, char path[SNAPSHOT_PATH_MAX])
{
	AUTO(freep) char *file = NULL;

	assert_ok(store_new_snapshot(store_, path, &err_));
	assert_ok(store_commit_snapshot(store_, path, diff_id, &err_));
	file = xasprintf("store/%s/file", path);
	write_text(file, "content");
}

static inline struct stocked stock(void)
{
	struct stocked s = { .layer = put("a layer"),
			     .cached = put("a layer of the cache"),
			     .unknown = put("a layer of nobody") };
	AUTO(freep)
	char *manifest =
		xasprintf("{\"schemaVersion\":2,\"config\":{\"mediaType\":\"" MEDIA_OCI_CONFIG
			  "\",\"size\":7,\"digest\":\"%s\"},\"layers\":[{\"mediaType\":"
			  "\"" MEDIA_OCI_LAYER "\",\"size\":7,\"digest\":\"%s\"}]}",
			  s.layer.text, s.layer.text);
	AUTO(freep) char *record = xasprintf("{\"blob\":\"%s\"}", s.cached.text);
	struct descriptor target = { .media_type = (char *)MEDIA_OCI_MANIFEST,
				     .size = strlen(manifest) };

	s.manifest = target.digest = put(manifest);
	assert_ok(store_tag(store_, "docker.io/library/app:1", &target, &err_));
	assert_ok(store_cache_put(store_, "step", "key", record, &err_));
	make_snapshot(&s.layer, s.layer_snapshot);
	make_snapshot(&s.cached, s.cached_snapshot);
	return s;
}

/* A process that opens the store now has used nothing of it yet. */
static inline void reopen(void)
{
	store_closep(&store_);
	assert_ok(store_open("store", &store_, &err_));
}

/* Was last used so long ago; a path in the store, that of a snapshot as it is given out. */
static inline void set_age(const char *path, long seconds)
{
	AUTO(freep) char *full = xasprintf("store/%s", path);
	struct timespec times[2] = { { .tv_sec = time(NULL) - seconds },
				     { .tv_nsec = UTIME_OMIT } };
	char *fs = strstr(full, "/fs");

	if (fs)
		*fs = '\0';
	assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
}

static inline void set_blob_age(const struct digest *digest, long seconds)
{
	AUTO(freep) char *path = xasprintf("blobs/sha256/%s", digest_hex(digest));

	set_age(path, seconds);
}

/* All of it, and opens the store anew. */
static inline void set_stock_age(const struct stocked *s, long seconds)
{
	const struct digest *const blobs[] = { &s->manifest, &s->layer, &s->cached, &s->unknown };

	for (size_t i = 0; i < ARRAY_SIZE(blobs); i++)
		set_blob_age(blobs[i], seconds);
	set_age(s->layer_snapshot, seconds);
	set_age(s->cached_snapshot, seconds);
	reopen();
}

/* Without using it. */
static inline bool blob_is_there(const struct digest *digest)
{
	AUTO(freep) char *path = xasprintf("store/blobs/sha256/%s", digest_hex(digest));

	return fs_exists(AT_FDCWD, path);
}

static inline bool snapshot_is_there(const char *path)
{
	AUTO(freep) char *full = xasprintf("store/%s", path);

	return fs_exists(AT_FDCWD, full);
}

#endif
