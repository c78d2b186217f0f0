/*
 * Images in one tar: what `docker save` and `podman save` write (manifest.json, a config and the
 * layers of each image), OCI layouts as a tar, and what docker writes since version 25, which is both
 * in one. All are read in one pass, compressed or not, from a pipe too.
 */
#ifndef IMAGE_ARCHIVE_H
#define IMAGE_ARCHIVE_H

#include "base/err.h"
#include "base/monitor.h"
#include "image/layout.h"
#include "image/store.h"

enum archive_format {
	ARCHIVE_DOCKER, /* for every docker and podman, and an OCI layout too; single images only */
	ARCHIVE_OCI,    /* an OCI layout: indexes as well */
};

/* All borrowed. */
struct archive_source {
	int fd;           /* read from its offset to its end */
	const char *name; /* what messages call it */
	struct store *store;
	const struct monitor *monitor;
	unsigned step; /* that progress is reported to */
};

/*
 * Brings all images of the archive into the store, and appends them to *ret, those of several names
 * once for each. Layers that are not compressed are, on the way; everything is checked against the
 * digests that configs and manifests name. ERR_INPUT for what is no such archive; ERR_DIGEST.
 */
WARN_UNUSED int archive_read(const struct archive_source *source, struct named_images *ret,
			     struct err *err);

/*
 * Writes images of the store as a tar to `fd`, the same bytes for the same images; `name` is what
 * messages call it. ARCHIVE_DOCKER: ERR_UNSUPPORTED for an image of several platforms.
 */
WARN_UNUSED int archive_write(struct store *store, const struct named_images *images,
			      enum archive_format format, int fd, const char *name,
			      const struct monitor *monitor, struct err *err);
/* The manifest.json of ARCHIVE_DOCKER alone. */
WARN_UNUSED int archive_docker_table(struct store *store, const struct named_images *images,
				     struct str *out, struct err *err);

#endif
