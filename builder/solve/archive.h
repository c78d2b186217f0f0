/* ADD of an archive: its entries, in their order, to places below a directory of the target. */
#ifndef SOLVE_ARCHIVE_H
#define SOLVE_ARCHIVE_H

#include "target.h"

struct archive_options {
	const char *dest;               /* absolute */
	struct target_defaults made;    /* for `dest` and its parents, where they are missing */
	struct target_defaults implied; /* for directories that the archive does not name */
	const struct owner *owner;      /* --chown: of all entries; NULL = as the archive has it */
};

/*
 * Reads `fd` by layer_read(). Links are followed for parents of entries, as if the destination were
 * the root; an entry replaces what has its own name, but directories are merged. Nothing gets out
 * of the target: layer_read() refuses "..".
 */
WARN_UNUSED int archive_unpack(int fd, struct target *target, struct layer_sink *sink,
			       const struct archive_options *options, struct err *err);

#endif
