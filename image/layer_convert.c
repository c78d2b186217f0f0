#include "image/layer_convert.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/str.h"
#include "compressor.h"
#include "encoder.h"

#define SPACE "layer-conversion"

bool compression_of_media_type(const char *media_type, enum compression *ret)
{
	if (!media_type_is_layer(media_type))
		return false;
	if (str_has_suffix(media_type, "gzip"))
		*ret = COMPRESSION_GZIP;
	else if (str_has_suffix(media_type, "zstd"))
		*ret = COMPRESSION_ZSTD;
	else
		*ret = COMPRESSION_NONE;
	return true;
}

/* --- what is remembered --- */

static char *record_name(const struct digest *diff_id, const struct layer_options *options)
{
	return xasprintf("%s/%d.%d.%lld", diff_id->text, (int)options->compression,
			 compressor_level(options->compression, options->level),
			 (long long)options->clamp_mtime);
}

static bool parse_record(struct span text, struct layer *ret)
{
	AUTO(json_decrefp) json_t *json = NULL;
	const char *blob, *diff_id, *media_type;

	if (json_parse(text, "conversion", &json, NULL) < 0)
		return false;
	blob = json_get_string(json, "blob");
	diff_id = json_get_string(json, "diffID");
	media_type = json_get_string(json, "mediaType");
	if (!blob || !diff_id || !media_type || digest_parse(blob, &ret->blob.digest, NULL) < 0 ||
	    digest_parse(diff_id, &ret->diff_id, NULL) < 0)
		return false;
	ret->blob.media_type = xstrdup(media_type);
	ret->uncompressed_size = (uint64_t)json_get_int(json, "unpacked", 0);
	return true;
}

static int find_record(struct store *store, const char *name, struct layer *ret, bool *ret_found,
		       struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct layer layer = { .uncompressed_size = 0 };

	if (store_cache_get(store, SPACE, name, &text, ret_found, err) < 0)
		return -1;
	*ret_found = *ret_found && parse_record(str_span(&text), &layer) &&
		     store_has_blob(store, &layer.blob.digest, &layer.blob.size);
	if (*ret_found)
		*ret = layer;
	else
		layer_release(&layer);
	return 0;
}

static int put_record(struct store *store, const char *name, const struct layer *layer,
		      struct err *err)
{
	AUTO(json_decrefp) json_t *json = json_object();
	AUTO(str_release) struct str text = STR_INIT;

	json_set_string(json, "blob", layer->blob.digest.text);
	json_set_string(json, "diffID", layer->diff_id.text);
	json_set_string(json, "mediaType", layer->blob.media_type);
	json_object_set_new(json, "unpacked", json_integer((json_int_t)layer->uncompressed_size));
	json_write(json, &text);
	return store_cache_put(store, SPACE, name, text.ptr, err);
}

/* --- the same bytes, compressed otherwise --- */

struct recompression {
	struct encoder *encoder;
	const struct monitor *monitor;
};

static int encode(void *arg, const void *data, size_t len, struct err *err)
{
	struct recompression *recompression = arg;

	if (monitor_check(recompression->monitor, err) < 0)
		return -1;
	return encoder_write(recompression->encoder, data, len, err);
}

static int recompress(struct store *store, int fd, const struct layer_options *options,
		      const struct monitor *monitor, struct layer *ret, struct err *err)
{
	AUTO(blob_writer_freep) struct blob_writer *blob = blob_writer_new(store, err);
	AUTO(encoder_freep) struct encoder *encoder = NULL; /* stops before the blob goes */
	struct recompression recompression = { .monitor = monitor };

	if (!blob || compressor_check_level(options->compression, options->level, err) < 0)
		return -1;
	encoder = encoder_new(blob, options, NULL);
	recompression.encoder = encoder;
	if (layer_decompress(fd, encode, &recompression, err) < 0 ||
	    encoder_finish(encoder, &ret->diff_id, &ret->uncompressed_size, err) < 0)
		return -1;
	ret->blob.size = blob_writer_size(blob);
	return blob_writer_commit(blob, NULL, &ret->blob.digest, err);
}

/* --- the same entries, with other times --- */

struct watched_sink {
	struct layer_sink sink;
	struct layer_sink *target;
	const struct monitor *monitor;
};

static int pass_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct watched_sink *watched = CONTAINER_OF(sink, struct watched_sink, sink);

	if (monitor_check(watched->monitor, err) < 0)
		return -1;
	return watched->target->entry(watched->target, entry, err);
}

static int pass_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct watched_sink *watched = CONTAINER_OF(sink, struct watched_sink, sink);

	if (monitor_check(watched->monitor, err) < 0)
		return -1;
	return watched->target->data(watched->target, data, len, err);
}

static int rewrite(struct store *store, int fd, const struct layer_options *options,
		   const struct monitor *monitor, struct digest *ret_before, struct layer *ret,
		   struct err *err)
{
	AUTO(layer_writer_freep)
	struct layer_writer *writer = layer_writer_new(store, options, err);
	struct watched_sink watched = {
		.sink = { .entry = pass_entry, .data = pass_data },
		.monitor = monitor,
	};

	if (!writer)
		return -1;
	watched.target = layer_writer_sink(writer);
	if (layer_read(fd, true, &watched.sink, ret_before, err) < 0)
		return -1;
	return layer_writer_finish(writer, ret, err);
}

static int convert(struct store *store, const struct descriptor *blob, const struct digest *diff_id,
		   const struct layer_options *options, const struct monitor *monitor,
		   struct layer *ret, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	struct digest before;
	int result;

	if (store_open_blob(store, &blob->digest, &fd, err) < 0)
		return -1;
	if (options->clamp_mtime >= 0) {
		result = rewrite(store, fd, options, monitor, &before, ret, err);
	} else {
		result = recompress(store, fd, options, monitor, ret, err);
		before = ret->diff_id;
		ret->blob.media_type = xstrdup(layer_media_type(options->compression, false));
	}
	if (result < 0)
		return -1;
	if (!digest_equal(&before, diff_id))
		return err_set(err, ERR_DIGEST, "content is %s, not %s as the image says",
			       before.text, diff_id->text);
	return store_record_layer(store, &ret->diff_id, &ret->blob, err);
}

int layer_convert(struct store *store, const struct descriptor *blob, const struct digest *diff_id,
		  const struct layer_options *options, const struct monitor *monitor,
		  struct layer *ret, struct err *err)
{
	AUTO(freep) char *name = record_name(diff_id, options);
	struct layer layer = { .uncompressed_size = 0 };
	bool found = false;

	if (find_record(store, name, ret, &found, err) < 0)
		return -1;
	if (found)
		return 0;
	if (convert(store, blob, diff_id, options, monitor, &layer, err) < 0 ||
	    put_record(store, name, &layer, err) < 0) {
		layer_release(&layer);
		return err_wrap(err, "convert layer %s", blob->digest.text);
	}
	*ret = layer;
	return 0;
}
