/* The functions of libarchive that this room calls, loaded with the first archive (base/library.h). */
#ifndef IMAGE_LIBARCHIVE_H
#define IMAGE_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "base/library.h"

/* clang-format off */
#define LIBARCHIVE_FUNCTIONS(X) \
	X(archive, entry_filetype) X(archive, entry_gid) X(archive, entry_hardlink) \
	X(archive, entry_mtime) X(archive, entry_mtime_nsec) X(archive, entry_pathname) \
	X(archive, entry_perm) X(archive, entry_rdev) X(archive, entry_size) \
	X(archive, entry_symlink) X(archive, entry_uid) X(archive, entry_xattr_next) \
	X(archive, entry_xattr_reset) X(archive, error_string) X(archive, filter_count) \
	X(archive, read_data_block) X(archive, read_free) X(archive, read_new) \
	X(archive, read_next_header) X(archive, read_open) \
	X(archive, read_support_filter_bzip2) X(archive, read_support_filter_gzip) \
	X(archive, read_support_filter_xz) X(archive, read_support_filter_zstd) \
	X(archive, read_support_format_empty) X(archive, read_support_format_raw) \
	X(archive, read_support_format_tar) X(archive, set_error) X(archive, version_string)

LIBRARY_DECLARE(libarchive, LIBARCHIVE_FUNCTIONS)
/* clang-format on */

#endif
