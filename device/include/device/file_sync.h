/*
 * Files of this machine put into a container as they are, and deleted there when they are gone here: what the sync rules of
 * develop.watch ask for. What is put belongs to the user that the container runs as.
 */
#ifndef DEVICE_FILE_SYNC_H
#define DEVICE_FILE_SYNC_H

#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "device/engine.h"

struct file_sync_report {
	unsigned files; /* put or deleted */
	uint64_t bytes; /* of the archive */
};

/*
 * `files`: from absolute paths here to absolute paths there. Directories are made, their contents are not looked at; links
 * stay links; what is neither is left out. A file that vanishes meanwhile counts as gone. ERR_UNSUPPORTED when something is
 * to be deleted and the container has no rm.
 */
WARN_UNUSED int file_sync_run(struct engine *engine, const char *container,
			      const struct strmap *files, struct file_sync_report *ret,
			      struct err *err);

#endif
