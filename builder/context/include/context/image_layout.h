/*
 * Images of OCI layouts (OCI image-spec 1.1, image-layout.md), as `skopeo copy ... oci:DIR` and
 * `docker buildx build -o type=oci` write them: brought into the store, so that they can be built on.
 */
#ifndef CONTEXT_IMAGE_LAYOUT_H
#define CONTEXT_IMAGE_LAYOUT_H

#include "base/err.h"
#include "base/monitor.h"
#include "image/platform.h"
#include "image/store.h"

/* All borrowed. */
struct image_layout_request {
	const char *dir;    /* or an archive: an OCI layout as a tar, or of `docker save` */
	const char *tag;    /* NULL = the only image there is, or `latest` */
	const char *digest; /* NULL = whatever the tag says; else it must be that */
	const struct platform *platform;
	struct store *store;
	const struct monitor *monitor;
};

/*
 * Copies what the platform's image is made of, all of it verified. *ret is the descriptor of its
 * manifest, or of the index that it is a member of. ERR_NOT_FOUND names what is there; ERR_INPUT for
 * what is no layout; ERR_DIGEST.
 */
WARN_UNUSED int image_layout_import(const struct image_layout_request *request,
				    struct descriptor *ret, struct err *err);

#endif
