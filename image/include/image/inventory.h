/*
 * What is in the store, piece by piece: what it takes on the disk, since when it is there, when it was last used, and by
 * whom it is needed.
 */
#ifndef IMAGE_INVENTORY_H
#define IMAGE_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/monitor.h"
#include "image/digest.h"
#include "image/store.h"

enum store_item_kind {
	STORE_BLOB,
	STORE_SNAPSHOT,
	STORE_CACHE_MOUNT, /* of RUN --mount=type=cache */
	STORE_LEFTOVER, /* of a process that died (a download that stopped, too), or of an earlier run of the machine */
	STORE_ITEM_KINDS,
};

/* "blob", "snapshot", "cache mount", "leftover" */
const char *store_item_kind_name(enum store_item_kind kind);

struct store_item {
	enum store_item_kind kind;
	char *path;            /* relative to the root */
	struct digest digest;  /* blob: its own; snapshot: the diffID; else empty */
	int64_t snapshot;      /* number; 0 = none */
	uint64_t bytes;        /* on the disk */
	int64_t created, used; /* ns since the epoch */
	bool in_image;         /* a named image is made of it */
	bool in_cache;         /* a record of the build cache is about it */
	bool in_use;           /* by another process that has the store open */
};

struct store_items {
	struct store_item *items;
	size_t len, cap;
};

struct store_inventory {
	struct store_items items;
	uint64_t other_bytes; /* of the store itself: database, index, directories */
	uint64_t total_bytes; /* of everything: what du(1) says of the root */
	uint64_t unreadable;  /* directories of other owners that could not be looked into */
	uint64_t images;      /* names */
	uint64_t records;     /* of the build cache */
};

void store_inventory_release(struct store_inventory *inventory);
/*
 * `quick` takes the size of snapshots from the database where it is known. Uses nothing: what is looked at here does not
 * count as used. Inside the user namespace of builds, else files of other owners stay unseen.
 */
WARN_UNUSED int store_inventory_take(struct store *store, bool quick, const struct monitor *monitor,
				     struct store_inventory *ret, struct err *err);

#endif
