/*
 * Making room in the store. Named images are never touched (store_untag() first), nor is what another running edgectl, or
 * this process, has used: see lease.h.
 */
#ifndef IMAGE_PRUNE_H
#define IMAGE_PRUNE_H

#include "image/inventory.h"

enum prune_extent {
	PRUNE_LEFTOVERS, /* what neither an image nor the build cache knows */
	PRUNE_UNUSED,    /* and the build cache, as far as no named image shares it */
	PRUNE_ALL, /* and all else that can be made again: snapshots, cache mounts, hashes of files */
};

struct prune_request {
	enum prune_extent extent;
	unsigned kinds; /* bits 1 << kind; 0 = all kinds */
	int64_t unused_since; /* only what was not used since then (ns since the epoch); INT64_MAX = anything */
	uint64_t
		keep_bytes; /* stop, least recently used first, when no more is left than that; 0 = do not stop */
	bool dry_run;
};

#define PRUNE_REQUEST_INIT                \
	{                                 \
		.unused_since = INT64_MAX \
	}

struct prune_result {
	struct store_items removed; /* in the order of removal */
	uint64_t removed_bytes;
	uint64_t kept_bytes; /* what the store takes now */
};

void prune_result_release(struct prune_result *result);
WARN_UNUSED int store_prune(struct store *store, const struct prune_request *request,
			    const struct monitor *monitor, struct prune_result *ret,
			    struct err *err);

#endif
