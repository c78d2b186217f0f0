/*
 * The way of a layer's bytes into its blob: in blocks of at most one MiB, each hashed on one thread, compressed on one of several,
 * and written in order. What fits into one block is handled without any thread. Memory: two buffers for each of at most
 * seven blocks, 15 MiB.
 */
#ifndef IMAGE_ENCODER_H
#define IMAGE_ENCODER_H

#include "image/layer.h"

#define ENCODER_JOBS_MAX 4
#define ENCODER_CUT_MIN  ((size_t)64 * 1024)

struct encoder;

struct block_cache; /* block_cache.h */

/*
 * `blob` is borrowed until encoder_finish() or the end, and so is `cache`: blocks that are known already; NULL = none are.
 * jobs 0 = one per processor.
 */
struct encoder *encoder_new(struct blob_writer *blob, const struct layer_options *options,
			    struct block_cache *cache);
/* Bytes that wait in the block that is being filled. */
size_t encoder_waiting(const struct encoder *e);
/* Ends that block here; not with less than ENCODER_CUT_MIN waiting. */
WARN_UNUSED int encoder_cut(struct encoder *e, struct err *err);
WARN_UNUSED int encoder_write(struct encoder *e, const void *data, size_t len, struct err *err);
/* All is in the blob afterwards. *ret_digest is of what was put in, uncompressed. */
WARN_UNUSED int encoder_finish(struct encoder *e, struct digest *ret_digest, uint64_t *ret_size,
			       struct err *err);
/* Stops the threads. */
void encoder_freep(struct encoder **e);

#endif
