/*
 * The way of a layer's bytes into its blob: in blocks of one MiB, each hashed on one thread, compressed on one of several,
 * and written in order. What fits into one block is handled without any thread. Memory: two buffers for each of at most
 * seven blocks, 15 MiB.
 */
#ifndef IMAGE_ENCODER_H
#define IMAGE_ENCODER_H

#include "image/layer.h"

#define ENCODER_JOBS_MAX 4

struct encoder;

/* `blob` is borrowed until encoder_finish() or the end. jobs 0 = one per processor. */
struct encoder *encoder_new(struct blob_writer *blob, const struct layer_options *options);
WARN_UNUSED int encoder_write(struct encoder *e, const void *data, size_t len, struct err *err);
/* All is in the blob afterwards. *ret_digest is of what was put in, uncompressed. */
WARN_UNUSED int encoder_finish(struct encoder *e, struct digest *ret_digest, uint64_t *ret_size,
			       struct err *err);
/* Stops the threads. */
void encoder_freep(struct encoder **e);

#endif
