/*
 * Who uses what of a store, so that `edgectl prune` takes nothing from under a running edgectl. Two facts, both in the
 * file system:
 *
 *	leases/HEX            locked by a process for as long as it has the store open; its mtime says since when
 *	atime of a blob,      when it was last used: each use sets it, whatever the mount options say of reading
 *	snapshots/N,
 *	cache-mounts/HEX
 *
 * Nothing is removed that was used since the oldest running process began. A use holds leases/ locked shared, and
 * removing holds it exclusively, so that neither comes in the middle of the other. Whoever needs the database too locks
 * it within; who has it locked uses nothing.
 */
#ifndef IMAGE_LEASE_H
#define IMAGE_LEASE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct lease {
	int dir_fd, fd;
	int64_t start; /* ns */
	char name[20];
	pthread_mutex_t lock; /* of dir_fd's lock: flock(2) knows no threads */
};

#define LEASE_INIT                     \
	{                              \
		.dir_fd = -1, .fd = -1 \
	}

/* Also removes what dead processes left in leases/. */
WARN_UNUSED int lease_open(struct lease *lease, int store_fd, struct err *err);
void lease_close(struct lease *lease);
/*
 * Between them nothing is removed: for what is made first and locked after, such as a file in ingest/. No
 * other call of the lease meanwhile. Short, please.
 */
void lease_begin_use(struct lease *lease);
void lease_end_use(struct lease *lease);
/* Notes the use of `path`; false when it is not there. */
bool lease_use(struct lease *lease, int store_fd, const char *path);
/*
 * Keeps everybody from using anything new; what was used at or after *ret_limit (ns) is in use. Ends with
 * lease_end_removal(). Short, please.
 */
WARN_UNUSED int lease_begin_removal(struct lease *lease, int64_t *ret_limit, struct err *err);
void lease_end_removal(struct lease *lease);

#endif
