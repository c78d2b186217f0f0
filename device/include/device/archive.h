/*
 * Files in a container, running or not, without any program in it (Engine API, "Container", archive).
 */
#ifndef DEVICE_ARCHIVE_H
#define DEVICE_ARCHIVE_H

#include "base/err.h"
#include "device/bytes.h"
#include "device/engine.h"

/*
 * Unpacks a tar at the directory `path`, which must be there. Owners, modes and times are those of its entries.
 */
WARN_UNUSED int container_put_archive(struct engine *engine, const char *id, const char *path,
				      const struct byte_source *tar, struct err *err);
/* The same, but everything belongs to the user that the container runs as. */
WARN_UNUSED int container_put_own_archive(struct engine *engine, const char *id, const char *path,
					  const struct byte_source *tar, struct err *err);
/* Takes the tar of what is at `path`, as it comes. ERR_NOT_FOUND when there is no such path. */
WARN_UNUSED int container_get_archive(struct engine *engine, const char *id, const char *path,
				      const struct byte_sink *tar, struct err *err);

#endif
