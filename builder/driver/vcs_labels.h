/* --label-vcs: org.opencontainers.image.revision and .source (OCI image-spec, annotations.md). */
#ifndef DRIVER_VCS_LABELS_H
#define DRIVER_VCS_LABELS_H

#include "base/map.h"
#include "build_context.h"

/*
 * Of the checkout that the context is in, or of the repository that it is. A revision with changes that are not committed
 * ends in "-dirty". A context without git has no labels.
 */
WARN_UNUSED int vcs_labels_set(const struct build_context *context, struct strmap *labels,
			       struct err *err);

#endif
