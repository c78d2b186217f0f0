/*
 * Tar headers for the layers that we write: POSIX ustar, with a pax header before it where the fields are too small
 * (POSIX.1-2017, pax, "pax Interchange Format"; xattrs as SCHILY.xattr, as GNU tar, libarchive and Go know them).
 *
 * Reading is libarchive's job. Writing is not, because a layer's digest must not depend on anything but its entries, and
 * libarchive's bytes depend on the locale of the process (checked with 3.6.2: a pax header with hdrcharset=BINARY in
 * the C locale, none in C.UTF-8, and names put into NFC) and may change with its version.
 */
#ifndef IMAGE_TAR_HEADER_H
#define IMAGE_TAR_HEADER_H

#include "base/str.h"
#include "image/layer.h"

#define TAR_BLOCK 512

/*
 * Appends the header of an entry. Whiteouts are written as their ".wh." files. Without the data of a file, which
 * is to be filled up to whole blocks.
 */
void tar_header_add(struct str *out, const struct layer_entry *entry);

#endif
