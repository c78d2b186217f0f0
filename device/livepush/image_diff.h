/*
 * From one image to another as changes to the files of a container that runs the first: what is to be put, which is
 * in the layers of the second, and what is to go.
 */
#ifndef LIVEPUSH_IMAGE_DIFF_H
#define LIVEPUSH_IMAGE_DIFF_H

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "image/layer_index.h"
#include "image/manifest.h"
#include "image/store.h"

struct image_diff {
	struct strvec
		gone; /* relative paths, sorted; what is below one of them is not named; they go first */
	size_t shared;     /* layers from below that both images have */
	struct strmap put; /* relative path -> number of the layer of the new image that has it */
	/* A hard link is put, and the file that it is a name of has something else in its place in a higher layer. */
	bool has_lost_link;
};

#define IMAGE_DIFF_INIT             \
	{                           \
		.gone = STRVEC_INIT \
	}

void image_diff_release(struct image_diff *diff);
/* Manifests of single images in the store, with their layers; `on_top` (may be NULL) is what the container has besides. */
WARN_UNUSED int image_diff_make(struct store *store, const struct descriptor *from,
				struct layer_index *on_top, const struct descriptor *to,
				struct image_diff *ret, struct err *err);
/* What is to be put, into `out`; `to` as before. */
WARN_UNUSED int image_diff_write(const struct image_diff *diff, struct store *store,
				 const struct descriptor *to, struct layer_sink *out,
				 struct err *err);

#endif
