/*
 * What is in a zstd stream (RFC 8878), and anything else as it is: the first bytes tell.
 *
 * Unpacking takes as much memory as the window that a frame's header asks for. Up to ZSTD_SOURCE_SMALL_WINDOW nobody is asked. Above
 * it, one frame at a time is unpacked in this process, and the other readers wait; above ZSTD_SOURCE_LARGE_WINDOW (what zstd
 * itself unpacks without being told to) it is refused. libarchive would let every reader take the most.
 */
#ifndef IMAGE_ZSTD_SOURCE_H
#define IMAGE_ZSTD_SOURCE_H

#include "image/layer.h"

#define ZSTD_SOURCE_SMALL_WINDOW \
	23 /* powers of two: 8 MiB, which every decoder should take (section 3.1.1.1.2) */
#define ZSTD_SOURCE_LARGE_WINDOW 27 /* 128 MiB */

struct zstd_source;

/* Reads `source` (borrowed) from where it stands. */
struct zstd_source *zstd_source_new(struct layer_source *source);
/* NULL is fine. */
void zstd_source_freep(struct zstd_source **source);
/* As any source; ERR_INPUT for damage, ERR_LIMIT for a window that is too large. */
WARN_UNUSED ssize_t zstd_source_read(struct zstd_source *source, void *buf, size_t len,
				     struct err *err);
/* Once something was read: was it zstd? */
bool zstd_source_is_zstd(const struct zstd_source *source);

#endif
