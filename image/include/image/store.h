/*
 * The content store on disk: an OCI image layout (oci-layout, index.json, blobs/) plus unpacked snapshots and a SQLite
 * database (WAL) of tags, layers, cache records and last use. Several processes may use one store at once; kill -9 at
 * any moment loses at most what was being written.
 *
 *	<root>/oci-layout  index.json  blobs/sha256/<hex>
 *	<root>/ingest/<random>        blobs being written
 *	<root>/partial/<digest>       downloads that are under way, or were interrupted
 *	<root>/snapshots/<n>/fs       an unpacked layer, in overlayfs form; <n> is short: mount options are
 *	<root>/cache-mounts/<hash>    what RUN --mount=type=cache keeps
 *	<root>/leases/<random>        processes that have the store open
 *	<root>/trash/<random>         on its way out
 *	<root>/edgectl.db
 *
 * Blobs are the user's and can be read outside of a user namespace; snapshots hold files of mapped ids.
 */
#ifndef IMAGE_STORE_H
#define IMAGE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "image/digest.h"
#include "image/manifest.h"

struct store;

/*
 * NULL = the user's own (fs_data_home()). Creates it when it is not there; removes what dead processes left of blobs.
 * All threads of a process may use one handle; after fork() the child must not.
 */
WARN_UNUSED int store_open(const char *root, struct store **ret, struct err *err);
void store_closep(struct store **store);
const char *store_root(const struct store *store);
/* A descriptor of the root, borrowed. */
int store_dir_fd(const struct store *store);
/* It is one command's, in $TMPDIR: which is what the hints of its errors name then. */
void store_mark_scratch(struct store *store);
/*
 * Notes that this process uses `path`, relative to the root; false when it is not there. From then on, as long as the
 * store is open here, nobody prunes it. Blobs and snapshots are noted by the calls below themselves.
 */
bool store_use(struct store *store, const char *path);
/*
 * To an error of work on the store's disk (unpacking, a program in a step) that came of a full disk: adds the remedy. Of
 * ERR_CHILD only the disk tells, and `errnum` ENOSPC whether the program has said so. Returns -1.
 */
int store_explain_failure(const struct store *store, struct err *err);

/* --- blobs --- */

bool store_has_blob(struct store *store, const struct digest *digest, uint64_t *ret_size);
WARN_UNUSED int store_open_blob(struct store *store, const struct digest *digest, int *ret_fd,
				struct err *err);
/* Whole, verified against its digest. */
WARN_UNUSED int store_read_blob(struct store *store, const struct digest *digest, size_t limit,
				struct str *ret, struct err *err);
/* A small blob at once; *ret receives its digest. */
WARN_UNUSED int store_put_blob(struct store *store, const void *data, size_t len,
			       struct digest *ret, struct err *err);
WARN_UNUSED int store_delete_blob(struct store *store, const struct digest *digest,
				  struct err *err);

/*
 * A blob as a stream: invisible until committed, then whole and on the disk (fsync, rename); that its name is there as well is
 * sure when an image gets one (store_tag()).
 */
struct blob_writer;
struct blob_writer *blob_writer_new(struct store *store, struct err *err);
/*
 * For a blob that comes from far away: what is written is kept when the writer is freed before its commit, or its process
 * dies, and the next one for the same digest goes on with it; blob_writer_size() says from where. What is there is read
 * to hash it. While another writer is at the same digest, and for that one only, this is blob_writer_new().
 */
struct blob_writer *blob_writer_resume(struct store *store, const struct digest *digest,
				       struct err *err);
/* Drops all that was written. */
WARN_UNUSED int blob_writer_restart(struct blob_writer *w, struct err *err);
WARN_UNUSED int blob_write(struct blob_writer *w, const void *data, size_t len, struct err *err);
uint64_t blob_writer_size(const struct blob_writer *w);
/* `expected` = NULL or what it must be: ERR_DIGEST otherwise, and nothing is kept. A blob that was there already is fine. */
WARN_UNUSED int blob_writer_commit(struct blob_writer *w, const struct digest *expected,
				   struct digest *ret, struct err *err);
void blob_writer_freep(struct blob_writer **w);

/* --- images: names for manifests and indexes --- */

struct stored_image {
	char *name; /* canonical reference */
	struct descriptor target;
	int64_t updated; /* seconds since the epoch */
};

struct stored_images {
	struct stored_image *items;
	size_t len, cap;
};

WARN_UNUSED int store_tag(struct store *store, const char *name, const struct descriptor *target,
			  struct err *err);
WARN_UNUSED int store_untag(struct store *store, const char *name,
			    struct err *err); /* ERR_NOT_FOUND */
WARN_UNUSED int store_resolve(struct store *store, const char *name, struct descriptor *ret,
			      struct err *err);
/* Sorted by name. */
WARN_UNUSED int store_list(struct store *store, struct stored_images *ret, struct err *err);
void stored_images_release(struct stored_images *v);

/* --- layers: which blobs hold the same uncompressed content --- */

WARN_UNUSED int store_record_layer(struct store *store, const struct digest *diff_id,
				   const struct descriptor *blob, struct err *err);
/* A blob in the store for that content; ERR_NOT_FOUND. */
WARN_UNUSED int store_find_layer(struct store *store, const struct digest *diff_id,
				 struct descriptor *ret, struct err *err);

/* --- snapshots: unpacked layers, by diffID --- */

#define SNAPSHOT_PATH_MAX 48

/* The directory relative to the root ("snapshots/17/fs"); false when it is not unpacked. */
bool store_find_snapshot(struct store *store, const struct digest *diff_id,
			 char path[SNAPSHOT_PATH_MAX]);
/* A fresh directory "snapshots/17" with "fs" (mode 0755) and "work" in it, nobody's yet. */
WARN_UNUSED int store_new_snapshot(struct store *store, char path[SNAPSHOT_PATH_MAX],
				   struct err *err);
/*
 * Makes PATH/fs the snapshot of diff_id and removes PATH/work; `path` becomes what store_find_snapshot() gives. If
 * another process was first, ours is dropped and that is the path of the other's.
 */
WARN_UNUSED int store_commit_snapshot(struct store *store, char path[SNAPSHOT_PATH_MAX],
				      const struct digest *diff_id, struct err *err);
WARN_UNUSED int store_drop_snapshot(struct store *store, const char *path, struct err *err);
/*
 * Flushes the store's file system, which may take seconds. Blobs are on the disk at once, but snapshots committed since
 * the machine started are forgotten at its next start, and unpacked again from their blobs, unless this came between.
 */
WARN_UNUSED int store_sync(struct store *store, struct err *err);

/* --- cache records and remembered file hashes: text under a key --- */

/* *ret is cleared when there is no record: a miss is not an error. `space` tells kinds of records apart. */
WARN_UNUSED int store_cache_get(struct store *store, const char *space, const char *key,
				struct str *ret, bool *ret_found, struct err *err);
WARN_UNUSED int store_cache_put(struct store *store, const char *space, const char *key,
				const char *value, struct err *err);
/* Many records in one transaction: a tenth of the time of as many single ones. */
WARN_UNUSED int store_cache_put_all(struct store *store, const char *space,
				    const struct strmap *records, struct err *err);

#endif
