#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"
#include "block_cache.h"
#include "compressor.h"
#include "encoder.h"
#include "image/layer.h"
#include "tar_header.h"

#define WHITEOUT_PREFIX  ".wh."
#define BLOCK_MIN        ((size_t)256 * 1024)
#define BLOCK_CUT_ONE_IN 8 /* files */

struct layer_writer {
	struct layer_sink sink;
	struct store *store;
	struct layer_options options;
	struct blob_writer *blob;
	struct block_cache *blocks;
	struct encoder *encoder;
	struct str header; /* of the entry at hand; kept for its memory */
	struct str path;   /* of the file whose data is expected */
	uint64_t size;     /* of the archive: with all of this entry, and with the end */
	uint64_t entries;
	uint64_t remaining; /* bytes of that data */
	size_t padding;     /* bytes that fill up its last block */
};

static const char zeros[2 * TAR_BLOCK];

static int check_complete(const struct layer_writer *w, struct err *err)
{
	if (w->remaining == 0)
		return 0;
	err_set(err, ERR_INPUT, "'%s' became shorter while it was read", w->path.ptr);
	return err_hint(err, "something else is writing to it: try again");
}

/* What layer_read() would refuse is not written either: one truncate(1) in a step makes a file of an exabyte. */
static int count(struct layer_writer *w, struct err *err)
{
	uint64_t size = w->header.len + w->remaining + w->padding;

	if (++w->entries > LIMIT_LAYER_ENTRIES)
		return err_set(err, ERR_LIMIT, "the layer has more than %d files",
			       LIMIT_LAYER_ENTRIES);
	if (w->path.len > LIMIT_LAYER_PATH)
		return err_set(err, ERR_LIMIT, "a name of more than %zu bytes: '%.60s...'",
			       (size_t)LIMIT_LAYER_PATH, w->path.ptr);
	if (size > LIMIT_LAYER_SIZE - w->size)
		return err_set(err, ERR_LIMIT, "with '%.500s' the layer is larger than %llu GiB",
			       w->path.ptr, (unsigned long long)(LIMIT_LAYER_SIZE >> 30));
	w->size += size;
	return 0;
}

/*
 * Blocks end where the names of files say so (FNV-1a), so that behind a file that has grown they are soon the same again
 * as before it had; and in front of large files.
 */
static bool ends_block(const struct layer_writer *w, const struct layer_entry *e)
{
	size_t waiting = encoder_waiting(w->encoder);
	uint32_t hash = 2166136261U;

	if (e->type == LAYER_FILE && e->size >= COMPRESSOR_BLOCK)
		return waiting >= ENCODER_CUT_MIN;
	if (waiting < BLOCK_MIN)
		return false;
	for (const char *c = e->path; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619U;
	return hash % BLOCK_CUT_ONE_IN == 0;
}

static int writer_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct layer_writer *w = CONTAINER_OF(sink, struct layer_writer, sink);
	struct layer_entry e = *entry;

	if (check_complete(w, err) < 0)
		return -1;
	/* OCI image-spec, layer.md#whiteouts: no file can have such a name */
	if (str_has_prefix(path_base(e.path), WHITEOUT_PREFIX))
		return err_set(err, ERR_UNSUPPORTED,
			       "'%s': a layer cannot hold names that begin "
			       "with '" WHITEOUT_PREFIX "'",
			       e.path);
	if (w->options.clamp_mtime >= 0 && e.mtime.tv_sec > w->options.clamp_mtime)
		e.mtime.tv_sec = (time_t)w->options.clamp_mtime;
	str_clear(&w->header);
	tar_header_add(&w->header, &e);
	str_clear(&w->path);
	str_add(&w->path, e.path);
	w->remaining = e.type == LAYER_FILE ? e.size : 0;
	w->padding = (TAR_BLOCK - (size_t)(w->remaining % TAR_BLOCK)) % TAR_BLOCK;
	if (count(w, err) < 0 ||
	    (w->blocks && ends_block(w, &e) && encoder_cut(w->encoder, err) < 0))
		return -1;
	return encoder_write(w->encoder, w->header.ptr, w->header.len, err);
}

static int writer_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct layer_writer *w = CONTAINER_OF(sink, struct layer_writer, sink);

	if (len > w->remaining) {
		err_set(err, ERR_INPUT, "'%s' became longer while it was read", w->path.ptr);
		return err_hint(err, "something else is writing to it: try again");
	}
	if (encoder_write(w->encoder, data, len, err) < 0)
		return -1;
	w->remaining -= len;
	if (len == 0 || w->remaining > 0)
		return 0;
	return encoder_write(w->encoder, zeros, w->padding, err);
}

struct layer_writer *layer_writer_new(struct store *store, const struct layer_options *options,
				      struct err *err)
{
	AUTO(layer_writer_freep) struct layer_writer *w = xcalloc(1, sizeof(*w));

	w->sink = (struct layer_sink){ .entry = writer_entry, .data = writer_data };
	w->store = store;
	w->options = *options;
	w->size = sizeof(zeros);
	str_init(&w->header, 0);
	str_init(&w->path, 0);
	if (compressor_check_level(options->compression, options->level, err) < 0)
		return NULL;
	w->blob = blob_writer_new(store, err);
	if (!w->blob)
		return NULL;
	w->blocks = block_cache_new(store, options);
	w->encoder = encoder_new(w->blob, options, w->blocks);
	return TAKE(w);
}

struct layer_sink *layer_writer_sink(struct layer_writer *w)
{
	return &w->sink;
}

int layer_writer_finish(struct layer_writer *w, struct layer *ret, struct err *err)
{
	AUTO(layer_release) struct layer layer = { .uncompressed_size = 0 };

	if (check_complete(w, err) < 0 ||
	    encoder_write(w->encoder, zeros, sizeof(zeros), err) < 0 ||
	    encoder_finish(w->encoder, &layer.diff_id, &layer.uncompressed_size, err) < 0)
		return -1;
	layer.blob.size = blob_writer_size(w->blob);
	if (blob_writer_commit(w->blob, NULL, &layer.blob.digest, err) < 0)
		return -1;
	layer.blob.media_type = xstrdup(layer_media_type(w->options.compression, false));
	if (store_record_layer(w->store, &layer.diff_id, &layer.blob, err) < 0 ||
	    (w->blocks && block_cache_save(w->blocks, &layer.blob.digest, err) < 0))
		return -1;
	*ret = layer;
	layer = (struct layer){ .uncompressed_size = 0 };
	return 0;
}

void layer_writer_freep(struct layer_writer **writer)
{
	struct layer_writer *w = TAKE(*writer);

	if (!w)
		return;
	encoder_freep(&w->encoder); /* its threads write to the blob */
	block_cache_freep(&w->blocks);
	blob_writer_freep(&w->blob);
	str_release(&w->header);
	str_release(&w->path);
	free(w);
}
