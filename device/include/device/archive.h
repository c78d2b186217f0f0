/*
 * Files in a container, running or not, without any program in it (Engine API, "Container", archive).
 */
#ifndef DEVICE_ARCHIVE_H
#define DEVICE_ARCHIVE_H

#include <stddef.h>

#include "base/err.h"
#include "device/engine.h"

/*
 * Unpacks a tar at the directory `path`, which must be there. `produce` puts up to `size` bytes of it into `buffer`;
 * *ret_len 0 ends it. Owners, modes and times are those of the entries.
 */
struct archive_source {
	int (*produce)(void *data, char *buffer, size_t size, size_t *ret_len, struct err *err);
	void *data;
};

WARN_UNUSED int container_put_archive(struct engine *engine, const char *id, const char *path,
				      const struct archive_source *source, struct err *err);

/* Takes the tar of what is at `path`, as it comes. */
struct archive_sink {
	int (*consume)(void *data, const char *bytes, size_t len, struct err *err);
	void *data;
};

/* ERR_NOT_FOUND when there is no such path. */
WARN_UNUSED int container_get_archive(struct engine *engine, const char *id, const char *path,
				      const struct archive_sink *sink, struct err *err);

#endif
