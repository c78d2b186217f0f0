/* The extended attributes that layers keep. */
#ifndef CONTEXT_ATTRIBUTES_H
#define CONTEXT_ATTRIBUTES_H

#include "base/err.h"
#include "image/layer.h"

/*
 * security.capability and user.* (without user.overlay.* and user.edgectl.*, which mark whiteouts) of `path`, links
 * not followed, sorted by name. A file system without attributes, and attributes that we may not
 * read, are none. xattr(7).
 */
WARN_UNUSED int xattrs_read(const char *path, struct layer_xattrs *ret, struct err *err);

#endif
