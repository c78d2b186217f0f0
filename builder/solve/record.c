#include "record.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "key.h"

#define RECORD_SPACE "step"

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
	strvec_clear(&vertex->assumed);
	json_to_strvec(json_get_array(json, "read"), &vertex->assumed);
	return 0;
}

int record_find(struct solver *solver, struct vertex *vertex, const struct digest *key,
		bool *ret_found, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_t *json = NULL;
	int parsed;

	*ret_found = false;
	if (store_cache_get(solver->store, RECORD_SPACE, key->text, &text, ret_found, err) < 0)
		return -1;
	if (!*ret_found)
		return 0;
	*ret_found = false;
	if (json_parse(str_span(&text), "cache record", &json, NULL) < 0)
		return 0;
	parsed = parse_layer(json, vertex, NULL);
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

static json_t *read_chains(const struct vertex *vertex)
{
	json_t *chains = json_array();

	if (vertex->is_assumed) {
		json_decref(chains);
		return json_from_strvec(&vertex->assumed);
	}
	for (size_t i = 0; i < reading_count(vertex); i++) {
		const struct vertex *from = vertex_result(reading_of(vertex, i).from);

		(void)json_array_append_new(chains, json_string(from->chain.text));
	}
	return chains;
}

int record_put(struct solver *solver, const struct vertex *vertex, const struct digest *key,
	       struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	const struct layer *layer = &vertex->layer;
	json_t *json = json_object();

	json_set_string(json, "blob", layer->blob.digest.text);
	json_set_string(json, "diffID", layer->diff_id.text);
	json_set_string(json, "mediaType", layer->blob.media_type);
	(void)json_object_set_new(json, "size", json_integer((json_int_t)layer->blob.size));
	(void)json_object_set_new(json, "unpacked",
				  json_integer((json_int_t)layer->uncompressed_size));
	(void)json_object_set_new(json, "created", json_integer((json_int_t)vertex->created));
	if (reading_count(vertex) > 0)
		(void)json_object_set_new(json, "read", read_chains(vertex));
	json_write(json, &text);
	json_decref(json);
	return store_cache_put(solver->store, RECORD_SPACE, key->text, text.ptr, err);
}
