/*
 * OCI image layouts as directories (OCI image-spec 1.1, image-layout.md): oci-layout, index.json,
 * blobs/. What `skopeo copy ... oci:DIR` and `buildx build -o type=oci,tar=false` write and read.
 */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include "base/err.h"
#include "base/monitor.h"
#include "image/manifest.h"
#include "image/platform.h"
#include "image/store.h"

/* An image that came out of a layout or an archive, or goes into one. */
struct named_image {
	/* A canonical reference, or the tag alone that a layout has for it; NULL = without a name. */
	char *name;
	struct descriptor target;
};

struct named_images {
	struct named_image *items;
	size_t len, cap;
};

void named_images_release(struct named_images *images);
/*
 * The image of that name or tag; NULL = the only one there is. Borrowed. NULL with an error that lists
 * the names.
 */
const struct named_image *named_images_choose(const struct named_images *images, const char *name,
					      struct err *err);

/* All borrowed. */
struct layout_request {
	const char *dir;
	const char *tag;    /* NULL = the only image there is, or `latest` */
	const char *digest; /* NULL = whatever the tag says; else it must be that */
	bool all;           /* every image, whatever tag and digest say */
	/* Of an index, only what these need; count 0 = all members that are there. */
	const struct platform *platforms;
	size_t platform_count;
	bool without_layers; /* manifests and configs only; layout_fetch_blobs() brings the rest */
	struct store *store;
	const struct monitor *monitor;
};

/*
 * Copies images into the store, all of it verified, and appends them to *ret. ERR_NOT_FOUND names
 * what is there; ERR_INPUT for what is no layout; ERR_DIGEST.
 */
WARN_UNUSED int layout_read(const struct layout_request *request, struct named_images *ret,
			    struct err *err);

/* Copies those of the blobs that the store lacks, each verified. Of the request dir and store count. */
WARN_UNUSED int layout_fetch_blobs(const struct layout_request *request,
				   const struct descriptors *blobs, struct err *err);

/*
 * Copies images out of the store into a layout, which is made when it is not there. Images of the
 * same name in it are replaced; their blobs stay. Its index.json changes when all else is on the
 * disk.
 */
WARN_UNUSED int layout_write(struct store *store, const struct named_images *images,
			     const char *dir, const struct monitor *monitor, struct err *err);

#endif
