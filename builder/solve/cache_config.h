/*
 * What a build cache that travels says: which key made which layer. It is the config of a manifest
 * whose layers are the cache's own, or a member of an image's config (docs/cache.md describes it).
 */
#ifndef SOLVE_CACHE_CONFIG_H
#define SOLVE_CACHE_CONFIG_H

#include <stdatomic.h>

#include "base/json.h"
#include "base/vec.h"
#include "image/config.h"
#include "image/layer.h"

#define MEDIA_CACHE_CONFIG "application/vnd.edgectl.cache.config.v1+json"

struct cached_layer {
	struct layer layer;
	int64_t created;     /* seconds since the epoch */
	atomic_bool is_lost; /* it could not be fetched */
};

struct cache_entry {
	char *key;
	size_t layer;       /* its index */
	struct strvec read; /* the file systems that it was read from */
};

struct cache_config {
	struct {
		struct cached_layer *items;
		size_t len, cap;
	} layers;
	struct {
		struct cache_entry *items;
		size_t len, cap;
	} entries;
};

void cache_config_release(struct cache_config *config);
/* The layer is copied, once: its index. */
size_t cache_config_add_layer(struct cache_config *config, const struct layer *layer,
			      int64_t created);
/* `read` may be NULL. */
void cache_config_add_entry(struct cache_config *config, const char *key, size_t layer,
			    const struct strvec *read);
/* A new reference. */
json_t *cache_config_to_json(const struct cache_config *config);
/*
 * `blobs` are the layers of the manifest that it came with, found by digest, or with `diff_ids`,
 * which has theirs, by diffID; what it says of others is left out. ERR_INPUT, ERR_UNSUPPORTED for a later version.
 */
WARN_UNUSED int cache_config_parse(const json_t *json, const struct descriptors *blobs,
				   const struct digests *diff_ids, struct cache_config *ret,
				   struct err *err);

#endif
