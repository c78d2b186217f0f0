/*
 * From a carried-out plan to an image in the store: config, manifest, and the index over several
 * platforms.
 */
#ifndef DRIVER_IMAGE_H
#define DRIVER_IMAGE_H

#include "base/map.h"
#include "image/store.h"
#include "solve/plan.h"

struct image_request {
	struct store *store;
	int64_t epoch; /* SOURCE_DATE_EPOCH; -1 = none */
};

/*
 * All vertices of the image must be done. The same layers made at the same times give the same
 * bytes: `created` is that of the last history entry, and a layer keeps the time at which it was
 * made. Lays down the config and takes planned->config apart.
 */
WARN_UNUSED int image_write(const struct image_request *request, struct planned_image *planned,
			    struct descriptor *ret, struct digest *ret_config, struct err *err);
WARN_UNUSED int image_index_write(struct store *store, const struct descriptors *manifests,
				  struct descriptor *ret, struct err *err);

#endif
