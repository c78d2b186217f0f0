/* The files of an archive that somebody else made, in a directory of ours. */
#ifndef CONTEXT_ARCHIVE_FILES_H
#define CONTEXT_ARCHIVE_FILES_H

#include "base/err.h"
#include "base/monitor.h"

/*
 * Reads a tar (plain, gzip, bzip2, xz, zstd) from `fd` to its end into `dir`, which exists and is
 * empty. Nothing gets outside of it, whatever names and links say (image/layer.h). All files belong
 * to the caller; devices, FIFOs and extended attributes are left out, as COPY of a context needs
 * none of them. Limits as for layers; ERR_CANCELLED.
 */
WARN_UNUSED int archive_files_extract(int fd, const char *dir, const struct monitor *monitor,
				      struct err *err);

#endif
