/*
 * An image of the store as files that other tools read: an OCI image layout, as a directory or as a tar, and the tar of
 * `docker save`, which is such a layout with a manifest.json in it, as BuildKit makes it.
 */
#ifndef IMAGE_IMAGE_ARCHIVE_H
#define IMAGE_IMAGE_ARCHIVE_H

#include "base/err.h"
#include "base/monitor.h"
#include "base/vec.h"
#include "image/manifest.h"
#include "image/store.h"

struct image_archive {
	struct store *store;
	const struct descriptor *target; /* a manifest, or an index with all its members */
	const struct strvec *names;      /* canonical references; NULL or empty = none */
	bool is_docker; /* with manifest.json: ERR_UNSUPPORTED for several platforms */
	const struct monitor *monitor;
};

/* ERR_NOT_FOUND when the store lacks a part of it. The same image gives the same bytes. */
WARN_UNUSED int image_archive_write(const struct image_archive *archive, int fd, const char *name,
				    struct err *err);
/*
 * Into a layout directory, which is made. One that is there keeps its other images; those of the same tags are replaced.
 * Files appear whole, index.json last.
 */
WARN_UNUSED int image_archive_write_dir(const struct image_archive *archive, const char *dir,
					struct err *err);

#endif
