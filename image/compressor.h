/*
 * Compresses a stream in independent blocks: each becomes a gzip member (RFC 1952 2.2) or a zstd frame (RFC 8878 3.1) of its
 * own, and those one after another are one valid file. So blocks can be compressed in any order on any number of
 * threads, and the result is the same.
 */
#ifndef IMAGE_COMPRESSOR_H
#define IMAGE_COMPRESSOR_H

#include <stddef.h>

#include "image/layer.h"

#define COMPRESSOR_BLOCK ((size_t)1 << 20)

/* One per thread. */
struct compressor;

/* level 0 = the default: gzip 4, zstd 3. ERR_USAGE when there is no such level. */
WARN_UNUSED int compressor_check_level(enum compression compression, int level, struct err *err);
/* What 0 stands for; any other level is itself. */
int compressor_level(enum compression compression, int level);
struct compressor *compressor_new(enum compression compression, int level);
void compressor_freep(struct compressor **c);
/* Bytes that a block can grow to. */
size_t compressor_bound(const struct compressor *c);
/* `out` has room for compressor_bound() bytes; returns the length. `len` is at most COMPRESSOR_BLOCK. */
size_t compressor_run(struct compressor *c, const void *data, size_t len, void *out);

#endif
