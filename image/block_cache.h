/*
 * Compressed blocks that layers in the store have already. Of a layer of which one file has changed most blocks are those
 * of the layer before: they are copied from its blob, which takes a tenth of the time of compressing them.
 * The result has the same bytes as if they were compressed: a block is known by its content, the compression, and
 * the version of the library.
 */
#ifndef IMAGE_BLOCK_CACHE_H
#define IMAGE_BLOCK_CACHE_H

#include "image/layer.h"

struct block_cache;

struct block_key {
	char text[96];
};

/* NULL when nothing is compressed. `store` is borrowed. */
struct block_cache *block_cache_new(struct store *store, const struct layer_options *options);
void block_cache_freep(struct block_cache **cache);
/*
 * Fills `out` (of `size` bytes) when a blob of the store has the block; checked against what was written once. *ret_key is
 * set in any case. Any number of threads at a time.
 */
bool block_cache_find(struct block_cache *cache, const void *data, size_t len, void *out,
		      size_t size, size_t *ret_len, struct block_key *ret_key);
/* A block of the blob that is being written; one thread at a time. */
void block_cache_note(struct block_cache *cache, const struct block_key *key, uint64_t offset,
		      const void *out, size_t len);
/* The blob has been committed: what was noted is for everybody from now on. */
WARN_UNUSED int block_cache_save(struct block_cache *cache, const struct digest *blob,
				 struct err *err);

#endif
