#include "cache_config.h"

#include <stdlib.h>

#include "base/alloc.h"

#define VERSION 1
/* Far above what builds have; a hostile file must not fill the memory. */
#define ENTRIES_MAX 100000

void cache_config_release(struct cache_config *config)
{
	VEC_FOREACH(layer, &config->layers)
		layer_release(&layer->layer);
	free(config->layers.items);
	VEC_FOREACH(entry, &config->entries) {
		free(entry->key);
		strvec_release(&entry->read);
	}
	free(config->entries.items);
	*config = (struct cache_config){ .layers = { .items = NULL } };
}

static bool find_layer(const struct cache_config *config, const struct digest *blob, size_t *ret)
{
	for (size_t i = 0; i < config->layers.len; i++) {
		if (digest_equal(&config->layers.items[i].layer.blob.digest, blob)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

size_t cache_config_add_layer(struct cache_config *config, const struct layer *layer,
			      int64_t created)
{
	struct cached_layer *copy;
	size_t index = config->layers.len;

	if (find_layer(config, &layer->blob.digest, &index))
		return index;
	copy = VEC_ADD(&config->layers);
	copy->created = created;
	copy->layer = *layer;
	copy->layer.blob = (struct descriptor){ .media_type = NULL };
	descriptor_copy(&copy->layer.blob, &layer->blob);
	return index;
}

void cache_config_add_entry(struct cache_config *config, const char *key, size_t layer,
			    const struct strvec *read)
{
	struct cache_entry *entry = VEC_ADD(&config->entries);

	entry->key = xstrdup(key);
	entry->layer = layer;
	if (read)
		strvec_add_all(&entry->read, read);
}

/* --- writing --- */

static json_t *layer_to_json(const struct cached_layer *layer)
{
	json_t *json = json_object();

	json_set_string(json, "blob", layer->layer.blob.digest.text);
	json_set_string(json, "diffID", layer->layer.diff_id.text);
	(void)json_object_set_new(json, "unpacked",
				  json_integer((json_int_t)layer->layer.uncompressed_size));
	(void)json_object_set_new(json, "created", json_integer((json_int_t)layer->created));
	return json;
}

static json_t *entry_to_json(const struct cache_entry *entry)
{
	json_t *json = json_object();

	json_set_string(json, "key", entry->key);
	(void)json_object_set_new(json, "layer", json_integer((json_int_t)entry->layer));
	if (entry->read.len > 0)
		(void)json_object_set_new(json, "read", json_from_strvec(&entry->read));
	return json;
}

json_t *cache_config_to_json(const struct cache_config *config)
{
	json_t *json = json_object(), *layers = json_array(), *entries = json_array();

	VEC_FOREACH(layer, &config->layers)
		(void)json_array_append_new(layers, layer_to_json(layer));
	VEC_FOREACH(entry, &config->entries)
		(void)json_array_append_new(entries, entry_to_json(entry));
	(void)json_object_set_new(json, "version", json_integer(VERSION));
	(void)json_object_set_new(json, "layers", layers);
	(void)json_object_set_new(json, "records", entries);
	return json;
}

/* --- reading --- */

/* The layers that came with it. */
struct given {
	const struct descriptors *blobs;
	const struct digests *diff_ids; /* NULL = found by their own digests */
};

static const struct descriptor *find_blob(const struct given *given, const json_t *json)
{
	const char *digest = json_get_string(json, given->diff_ids ? "diffID" : "blob");

	for (size_t i = 0; i < given->blobs->len; i++) {
		const struct descriptor *blob = &given->blobs->items[i];

		if (!given->diff_ids ? str_eq(blob->digest.text, digest)
				     : i < given->diff_ids->len &&
					       str_eq(given->diff_ids->items[i].text, digest))
			return blob;
	}
	return NULL;
}

/* A layer that the manifest has not keeps its place, without a blob: entries count by place. */
static int parse_layer(const json_t *json, const struct given *given, struct cache_config *config,
		       struct err *err)
{
	const char *diff_id = json_get_string(json, "diffID");
	const struct descriptor *blob = find_blob(given, json);
	struct cached_layer *layer = VEC_ADD(&config->layers);

	if (!diff_id)
		return err_set(err, ERR_INPUT, "a layer without diffID");
	if (digest_parse(diff_id, &layer->layer.diff_id, err) < 0)
		return -1;
	if (blob && media_type_is_layer(blob->media_type))
		descriptor_copy(&layer->layer.blob, blob);
	layer->layer.uncompressed_size = (uint64_t)json_get_int(json, "unpacked", 0);
	layer->created = json_get_int(json, "created", 0);
	return 0;
}

static int parse_entry(const json_t *json, struct cache_config *config, struct err *err)
{
	const char *key = json_get_string(json, "key");
	long long layer = json_get_int(json, "layer", -1);
	AUTO(strvec_release) struct strvec read = STRVEC_INIT;
	struct digest digest;

	if (!key || layer < 0 || (size_t)layer >= config->layers.len)
		return err_set(err, ERR_INPUT, "a record without key or layer");
	if (digest_parse(key, &digest, err) < 0)
		return -1;
	json_to_strvec(json_get_array(json, "read"), &read);
	if (config->layers.items[layer].layer.blob.media_type)
		cache_config_add_entry(config, key, (size_t)layer, &read);
	return 0;
}

static int parse_lists(const json_t *json, const struct given *given, struct cache_config *config,
		       struct err *err)
{
	const json_t *layers = json_get_array(json, "layers");
	const json_t *entries = json_get_array(json, "records");

	if (!layers || !entries)
		return err_set(err, ERR_INPUT, "no layers or no records");
	if (json_array_size(layers) > ENTRIES_MAX || json_array_size(entries) > ENTRIES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d records", ENTRIES_MAX);
	for (size_t i = 0; i < json_array_size(layers); i++) {
		if (parse_layer(json_array_get(layers, i), given, config, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < json_array_size(entries); i++) {
		if (parse_entry(json_array_get(entries, i), config, err) < 0)
			return -1;
	}
	return 0;
}

int cache_config_parse(const json_t *json, const struct descriptors *blobs,
		       const struct digests *diff_ids, struct cache_config *ret, struct err *err)
{
	const struct given given = { .blobs = blobs, .diff_ids = diff_ids };
	struct cache_config config = { .layers = { .items = NULL } };
	long long version = json_get_int(json, "version", 0);

	if (version != VERSION)
		return err_set(err, ERR_UNSUPPORTED, "cache of version %lld, not %d", version,
			       VERSION);
	if (parse_lists(json, &given, &config, err) < 0) {
		cache_config_release(&config);
		return -1;
	}
	*ret = config;
	return 0;
}
