/* What files take on the disk, as du(1) counts it: blocks, each inode once. */
#ifndef IMAGE_DISK_USAGE_H
#define IMAGE_DISK_USAGE_H

#include <stdint.h>

#include "base/err.h"
#include "base/file_links.h"
#include "base/monitor.h"

struct disk_usage {
	uint64_t bytes;
	uint64_t
		unreadable; /* directories that could not be looked into: they are of other owners */
	struct file_links seen; /* inodes with several names */
};

void disk_usage_release(struct disk_usage *usage);
/* Adds `path` with all below it; what is not there adds nothing. Links are not followed. */
WARN_UNUSED int disk_usage_add(struct disk_usage *usage, int dir_fd, const char *path,
			       const struct monitor *monitor, struct err *err);

#endif
