/*
 * The extended attributes that are a layer's: security.capability, and user.* except overlayfs's own and ours (overlay.h). SELinux labels, ACLs
 * and the like belong to the machine.
 */
#ifndef IMAGE_XATTR_H
#define IMAGE_XATTR_H

#include "image/layer.h"

/* Appends a copy. */
void layer_xattrs_add(struct layer_xattrs *xattrs, const char *name, const void *value, size_t len);
bool xattr_is_wanted(const char *name);
/*
 * Appends those of an open file. A capability that names a user namespace (version 3, capabilities(7)) becomes version 2,
 * which means the namespace of whoever unpacks it. None where the file system has none.
 */
WARN_UNUSED int xattr_read(int fd, struct layer_xattrs *ret, struct err *err);
/* Sets those that are wanted, as far as file system and namespace allow. */
WARN_UNUSED int xattr_write(int fd, const struct layer_xattrs *xattrs, struct err *err);

#endif
