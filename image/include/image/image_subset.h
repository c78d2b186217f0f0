/* An image for fewer platforms than it is there for. */
#ifndef IMAGE_IMAGE_SUBSET_H
#define IMAGE_IMAGE_SUBSET_H

#include "base/err.h"
#include "image/manifest.h"
#include "image/store.h"

/*
 * Of one platform, the member of an index that serves it: a single image. Of several, an index of those members in their
 * order, put into the store; what BuildKit attests of them stays, as far as the store has it. `target` itself when it is a
 * single image, when `count` is 0, and when nothing falls out. *ret is the caller's. ERR_NOT_FOUND lists what there is;
 * ERR_UNSUPPORTED for a single image that serves none of them, as far as its config is in the store.
 */
WARN_UNUSED int image_subset_make(struct store *store, const struct descriptor *target,
				  const struct platform *platforms, size_t count,
				  struct descriptor *ret, struct err *err);

#endif
