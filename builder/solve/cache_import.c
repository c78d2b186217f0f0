#include "cache_import.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cache_config.h"
#include "image/image_content.h"
#include "image/layout.h"
#include "solve/cache_export.h"

#define MEMBERS_MAX 32 /* of an index: images for that many platforms */

struct cache_source {
	const struct cache_place *place;
	struct cache_config config;
};

struct cache_imports {
	struct cache_source **items;
	size_t len, cap;
};

struct cache_imports *cache_imports_new(void)
{
	return xcalloc(1, sizeof(struct cache_imports));
}

void cache_imports_freep(struct cache_imports **imports)
{
	struct cache_imports *all = TAKE(*imports);

	if (!all)
		return;
	VEC_FOREACH(source, all) {
		cache_config_release(&(*source)->config);
		free(*source);
	}
	free(all->items);
	free(all);
}

/* --- blobs --- */

static int fetch_blobs(const struct cache_place *place, struct solver *solver,
		       const struct descriptors *blobs, unsigned step, struct err *err)
{
	const struct layout_request layout = { .dir = place->dir,
					       .store = solver->store,
					       .monitor = solver->monitor };
	const struct fetch_target target = { .store = solver->store, .step = step };

	if (place->kind == CACHE_LOCAL)
		return layout_fetch_blobs(&layout, blobs, err);
	if (!solver->registry)
		return err_set(err, ERR_NOT_FOUND, "it is not in the store");
	return registry_fetch_blobs(solver->registry, &place->ref, blobs, &target, err);
}

static int fetch_blob(const struct cache_place *place, struct solver *solver,
		      const struct descriptor *blob, unsigned step, struct err *err)
{
	struct descriptor copy = *blob; /* borrowed */
	const struct descriptors one = { .items = &copy, .len = 1 };

	return fetch_blobs(place, solver, &one, step, err);
}

static int fetch_failed(const struct cache_source *source, struct err *err)
{
	(void)err_wrap(err, "cache '%s'", source->place->text);
	if (err && !err->hint && err->kind != ERR_CANCELLED)
		(void)err_hint(err, "build without that --cache-from");
	return -1;
}

int cache_source_fetch(const struct cache_source *source, struct solver *solver,
		       const struct layer *layer, unsigned step, struct err *err)
{
	if (fetch_blob(source->place, solver, &layer->blob, step, err) < 0)
		return fetch_failed(source, err);
	return store_record_layer(solver->store, &layer->diff_id, &layer->blob, err);
}

static bool is_out_of_reach(const struct err *why)
{
	return why->kind == ERR_NETWORK || why->kind == ERR_AUTH || why->kind == ERR_DENIED;
}

bool cache_source_give_up(struct cache_source *source, struct solver *solver,
			  const struct vertex *vertex, const struct err *why)
{
	if (why->kind == ERR_CANCELLED || why->kind == ERR_SYSTEM)
		return false;
	VEC_FOREACH(layer, &source->config.layers) {
		if (is_out_of_reach(why) ||
		    digest_equal(&layer->layer.blob.digest, &vertex->layer.blob.digest))
			layer->is_lost = true;
	}
	monitor_text(solver->monitor, vertex->step, EVENT_WARNING, "%s%s: %s, building it",
		     vertex->prefix, vertex->title, why->message);
	return true;
}

bool cache_source_is_at(const struct cache_source *source, const struct image_ref *ref)
{
	const struct cache_place *place = source->place;

	return place->kind == CACHE_REGISTRY && str_eq(place->ref.host, ref->host) &&
	       str_eq(place->ref.repository, ref->repository);
}

/* --- reading --- */

struct reader {
	struct cache_imports *imports;
	struct solver *solver;
	const struct cache_place *place;
	unsigned step;
};

static int add_config(struct reader *reader, const json_t *json, const struct descriptors *blobs,
		      const struct digests *diff_ids, struct err *err)
{
	struct cache_config config = { .layers = { .items = NULL } };
	struct cache_source *source;

	if (cache_config_parse(json, blobs, diff_ids, &config, err) < 0)
		return -1;
	source = xcalloc(1, sizeof(*source));
	source->place = reader->place;
	source->config = config;
	*VEC_ADD(reader->imports) = source;
	return 0;
}

static int no_cache(const struct manifest *manifest, struct err *err)
{
	if (str_has_prefix(manifest->config.media_type, "application/vnd.buildkit.cacheconfig"))
		return err_set(err, ERR_UNSUPPORTED,
			       "it is a cache of BuildKit, whose keys are other ones");
	(void)err_set(err, ERR_NOT_FOUND, "the image has no cache in it");
	return err_hint(err, "build it with --cache-to type=inline");
}

static int read_config(struct reader *reader, const struct manifest *manifest, struct str *ret,
		       struct err *err)
{
	if (fetch_blob(reader->place, reader->solver, &manifest->config, reader->step, err) < 0)
		return -1;
	return store_read_blob(reader->solver->store, &manifest->config.digest, LIMIT_CONFIG, ret,
			       err);
}

/* An image's layers are found by diffID: it may be compressed in another way than the cache was. */
static int read_inline(struct reader *reader, const struct manifest *manifest, struct span text,
		       struct err *err)
{
	AUTO(image_config_release) struct image_config config;
	const json_t *cache;

	if (image_config_parse(text, &config, err) < 0)
		return -1;
	cache = json_get_object(config.unknown, CACHE_MEMBER);
	return cache ? add_config(reader, cache, &manifest->layers, &config.diff_ids, err)
		     : no_cache(manifest, err);
}

static int read_own(struct reader *reader, const struct manifest *manifest, struct span text,
		    struct err *err)
{
	json_t *json = NULL;
	int result;

	if (json_parse(text, "cache", &json, err) < 0)
		return -1;
	result = add_config(reader, json, &manifest->layers, NULL, err);
	json_decref(json);
	return result;
}

/* A cache of its own, or an image that may have one in its config. */
static int read_manifest(struct reader *reader, const struct descriptor *target, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(str_release) struct str text = STR_INIT;

	if (image_content_read_manifest(reader->solver->store, target, &manifest, err) < 0)
		return -1;
	if (str_has_prefix(manifest.config.media_type, "application/vnd.buildkit."))
		return no_cache(&manifest, err);
	if (read_config(reader, &manifest, &text, err) < 0)
		return -1;
	return str_eq(manifest.config.media_type, MEDIA_CACHE_CONFIG)
		       ? read_own(reader, &manifest, str_span(&text), err)
		       : read_inline(reader, &manifest, str_span(&text), err);
}

/* What a name, or a digest, stands for, put into the store. */
static int fetch_document(struct reader *reader, const struct digest *digest,
			  struct descriptor *ret, struct err *err)
{
	struct image_ref ref = IMAGE_REF_INIT;
	struct fetched_manifest fetched = { .media_type = NULL };
	int result;

	image_ref_copy(&ref, &reader->place->ref);
	if (digest)
		ref.digest = *digest;
	result = registry_fetch_manifest(reader->solver->registry, &ref, &fetched, err);
	image_ref_release(&ref);
	if (result < 0)
		return -1;
	ret->media_type = TAKE(fetched.media_type);
	ret->size = fetched.body.len;
	result = store_put_blob(reader->solver->store, fetched.body.ptr, fetched.body.len,
				&ret->digest, err);
	fetched_manifest_release(&fetched);
	return result;
}

/* Each image of an index has its own; one without is no harm as long as another one has. */
static int read_index(struct reader *reader, const struct descriptor *target, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	size_t before = reader->imports->len, count = 0;

	if (image_content_read_index(reader->solver->store, target, &index, err) < 0)
		return -1;
	VEC_FOREACH(member, &index.manifests) {
		AUTO(descriptor_release) struct descriptor manifest = { .media_type = NULL };

		if (!media_type_is_manifest(member->media_type) ||
		    str_eq(member->platform.os, "unknown") || count++ >= MEMBERS_MAX)
			continue;
		err_clear(err);
		if (reader->place->kind == CACHE_LOCAL)
			descriptor_copy(&manifest, member);
		else if (fetch_document(reader, &member->digest, &manifest, err) < 0)
			return -1;
		if (read_manifest(reader, &manifest, err) < 0 && err->kind != ERR_NOT_FOUND)
			return -1;
	}
	if (reader->imports->len > before) {
		err_clear(err);
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "none of its images has a cache in it");
}

static int read_layout(struct reader *reader, struct descriptor *ret, struct err *err)
{
	const struct cache_place *place = reader->place;
	const struct layout_request request = { .dir = place->dir,
						.tag = place->tag,
						.digest = place->digest,
						.without_layers = true,
						.store = reader->solver->store,
						.monitor = reader->solver->monitor };
	struct named_images images = { .items = NULL };
	int result = layout_read(&request, &images, err);

	if (result == 0)
		descriptor_copy(ret, &images.items[0].target);
	named_images_release(&images);
	return result;
}

static int read_place(struct reader *reader, struct err *err)
{
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };

	if (reader->place->kind == CACHE_REGISTRY && !reader->solver->registry)
		return err_set(err, ERR_UNSUPPORTED, "no registry can be asked");
	if ((reader->place->kind == CACHE_LOCAL ? read_layout(reader, &target, err)
						: fetch_document(reader, NULL, &target, err)) < 0)
		return -1;
	return media_type_is_index(target.media_type) ? read_index(reader, &target, err)
						      : read_manifest(reader, &target, err);
}

int cache_imports_load(struct cache_imports *imports, struct solver *solver,
		       const struct cache_places *places, struct err *err)
{
	const struct monitor *monitor = solver->monitor;

	VEC_FOREACH(place, places) {
		AUTO(err_release) struct err why = ERR_INIT;
		struct reader reader = { .imports = imports, .solver = solver, .place = place };

		reader.step =
			monitor_add_step(monitor, "[internal] import cache from %s", place->text);
		monitor_step(monitor, reader.step, EVENT_STEP_STARTED);
		if (read_place(&reader, &why) < 0) {
			if (why.kind == ERR_CANCELLED) {
				monitor_step(monitor, reader.step, EVENT_STEP_CANCELLED);
				err_move(err, &why);
				return -1;
			}
			monitor_text(monitor, reader.step, EVENT_WARNING,
				     "cache from '%s': %s, ignoring", place->text, why.message);
		}
		monitor_step(monitor, reader.step, EVENT_STEP_DONE);
	}
	return 0;
}

/* --- looking up --- */

static void take(struct cache_source *source, const struct cache_entry *entry,
		 struct vertex *vertex)
{
	const struct cached_layer *found = &source->config.layers.items[entry->layer];

	vertex->layer = found->layer;
	vertex->layer.blob = (struct descriptor){ .media_type = NULL };
	descriptor_copy(&vertex->layer.blob, &found->layer.blob);
	vertex->created = found->created;
	vertex->origin = source;
	strvec_clear(&vertex->assumed);
	strvec_add_all(&vertex->assumed, &entry->read);
}

bool cache_imports_find(const struct cache_imports *imports, const struct digest *key,
			struct vertex *vertex)
{
	for (size_t i = 0; imports && i < imports->len; i++) {
		struct cache_source *source = imports->items[i];

		VEC_FOREACH(entry, &source->config.entries) {
			if (!str_eq(entry->key, key->text) ||
			    source->config.layers.items[entry->layer].is_lost)
				continue;
			take(source, entry, vertex);
			return true;
		}
	}
	return false;
}
