/*
 * From a carried-out plan to an image in the store: config, manifest, and the index over several
 * platforms. The same plan can be written in several forms.
 */
#ifndef DRIVER_IMAGE_H
#define DRIVER_IMAGE_H

#include "base/map.h"
#include "base/monitor.h"
#include "builder/output.h"
#include "image/store.h"
#include "solve/plan.h"

struct image_request {
	struct store *store;
	int64_t epoch; /* SOURCE_DATE_EPOCH; -1 = none */
	const struct image_form *form;
	const struct monitor *monitor;
};

/*
 * All vertices of the image must be done. The same layers made at the same times give the same
 * bytes: `created` is that of the last history entry, and a layer keeps the time at which it was
 * made. *ret has the platform and the annotations that a member of an index has.
 */
WARN_UNUSED int image_write(const struct image_request *request,
			    const struct planned_image *planned, struct descriptor *ret,
			    struct digest *ret_config, struct err *err);
/* ERR_USAGE when there are annotations for an index, and there is none. */
WARN_UNUSED int image_check_annotations(const struct image_form *form, bool has_index,
					struct err *err);
WARN_UNUSED int image_index_write(const struct image_request *request,
				  const struct descriptors *manifests, struct descriptor *ret,
				  struct err *err);
/* A document as a blob, and its descriptor. */
WARN_UNUSED int image_put(struct store *store, const struct str *text, const char *media_type,
			  struct descriptor *ret, struct err *err);

#endif
