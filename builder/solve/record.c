#include "record.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "chain.h"

#define RECORD_SPACE "step"

char *record_name(const struct vertex *vertex)
{
	const struct layer_options *layers = &vertex->settings->layers;

	return xasprintf("%s/%d.%d.%lld", vertex->key.text, (int)layers->compression, layers->level,
			 (long long)layers->clamp_mtime);
}

static void add_chain(struct vertex *vertex, struct str *out)
{
	AUTO(chain_release) struct chain chain = { .items = NULL };

	chain_of(vertex, &chain);
	str_addf(out, "%zu", chain.len);
	VEC_FOREACH(layer, &chain)
		str_addf(out, " %s", layer->diff_id->text);
	str_addc(out, '\n');
}

/*
 * Which files the step saw. A step that is executed anew may come out differently; when that build
 * is interrupted, or another one runs at the same time, the newest records of two steps need not
 * belong together.
 */
static void find_ground(const struct vertex *vertex, struct digest *ret)
{
	AUTO(str_release) struct str text = STR_INIT;

	add_chain(vertex->parent, &text);
	VEC_FOREACH(input, &vertex->inputs)
		add_chain(*input, &text);
	digest_of(text.ptr, text.len, ret);
}

static bool is_on_ground(const json_t *json, const struct vertex *vertex)
{
	const char *on = json_get_string(json, "on");
	struct digest ground;

	find_ground(vertex, &ground);
	return on && str_eq(on, ground.text);
}

static int parse_layer(const json_t *json, struct vertex *vertex, struct err *err)
{
	const char *blob = json_get_string(json, "blob"),
		   *diff_id = json_get_string(json, "diffID");
	const char *media_type = json_get_string(json, "mediaType");
	struct layer layer = { .uncompressed_size = (uint64_t)json_get_int(json, "unpacked", 0) };

	if (!blob || !diff_id || !media_type)
		return err_set(err, ERR_INPUT, "incomplete cache record");
	if (digest_parse(blob, &layer.blob.digest, err) < 0 ||
	    digest_parse(diff_id, &layer.diff_id, err) < 0)
		return -1;
	layer.blob.media_type = xstrdup(media_type);
	layer.blob.size = (uint64_t)json_get_int(json, "size", 0);
	vertex->layer = layer;
	vertex->created = json_get_int(json, "created", 0);
	return 0;
}

int record_find(struct solver *solver, struct vertex *vertex, bool *ret_found, struct err *err)
{
	AUTO(freep) char *name = record_name(vertex);
	AUTO(str_release) struct str text = STR_INIT;
	json_t *json = NULL;
	int parsed;

	*ret_found = false;
	if (store_cache_get(solver->store, RECORD_SPACE, name, &text, ret_found, err) < 0)
		return -1;
	if (!*ret_found)
		return 0;
	*ret_found = false;
	if (json_parse(str_span(&text), "cache record", &json, NULL) < 0)
		return 0;
	parsed = is_on_ground(json, vertex) ? parse_layer(json, vertex, NULL) : -1;
	json_decref(json);
	if (parsed < 0)
		return 0;
	*ret_found = store_has_blob(solver->store, &vertex->layer.blob.digest, NULL);
	if (!*ret_found) {
		layer_release(&vertex->layer);
		vertex->layer = (struct layer){ .uncompressed_size = 0 };
	}
	return 0;
}

int record_put(struct solver *solver, const struct vertex *vertex, struct err *err)
{
	AUTO(freep) char *name = record_name(vertex);
	AUTO(str_release) struct str text = STR_INIT;
	const struct layer *layer = &vertex->layer;
	struct digest ground;
	json_t *json = json_object();

	find_ground(vertex, &ground);
	json_set_string(json, "on", ground.text);
	json_set_string(json, "blob", layer->blob.digest.text);
	json_set_string(json, "diffID", layer->diff_id.text);
	json_set_string(json, "mediaType", layer->blob.media_type);
	(void)json_object_set_new(json, "size", json_integer((json_int_t)layer->blob.size));
	(void)json_object_set_new(json, "unpacked",
				  json_integer((json_int_t)layer->uncompressed_size));
	(void)json_object_set_new(json, "created", json_integer((json_int_t)vertex->created));
	json_write(json, &text);
	json_decref(json);
	return store_cache_put(solver->store, RECORD_SPACE, name, text.ptr, err);
}
