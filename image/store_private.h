/* The store's inside, shared by the files that implement image/store.h: store, blob, tag, snapshot, cache. */
#ifndef IMAGE_STORE_PRIVATE_H
#define IMAGE_STORE_PRIVATE_H

#include <stdatomic.h>

#include "database.h"
#include "image/store.h"
#include "lease.h"

/* A snapshot that this process is making; the lock on its directory says so to others. */
struct snapshot_lock {
	int64_t id;
	int fd;
};

struct snapshot_locks {
	struct snapshot_lock *items;
	size_t len, cap;
};

struct store {
	char *root;
	int fd;
	struct db db;
	struct lease lease;
	bool is_scratch; /* in $TMPDIR: hints say so */
	char boot_id[40];
	atomic_bool has_new_names; /* of blobs, since blob_sync_names() */
	/* the rest under db's lock */
	struct snapshot_locks making;
	bool swept; /* abandoned snapshots have been looked for */
};

/* Adds the remedy for a full or unwritable disk to an error; returns -1. */
int store_failed(const struct store *store, struct err *err);
#define BLOB_PATH_MAX (sizeof("blobs/sha512/") + 128)

/* Relative to the root. */
void blob_path(const struct digest *digest, char path[BLOB_PATH_MAX]);
/*
 * What blobs are called is on the disk: to be done before something that lasts refers to them. What they hold is there
 * since before they had a name.
 */
WARN_UNUSED int blob_sync_names(struct store *store, struct err *err);
/* Removes what dead processes left in ingest/. */
void blob_sweep(struct store *store);
/* Makes index.json what the database says, if it is not. */
WARN_UNUSED int tag_check_index(struct store *store, struct err *err);

#endif
