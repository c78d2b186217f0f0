#include "device/send.h"

#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "device/image.h"
#include "image/config.h"
#include "image/image_content.h"
#include "image/layer_convert.h"
#include "image/tar.h"

void sent_image_release(struct sent_image *sent)
{
	free(sent->id);
}

struct shipment {
	struct store *store;
	const char *name;
	const struct monitor *monitor;
	unsigned step;
	struct manifest manifest;
	struct image_config config;
	size_t known; /* so many of the lowest layers are left out */
	uint64_t total, done;
	const struct byte_source *source; /* what is counted */
};

static void shipment_release(struct shipment *shipment)
{
	manifest_release(&shipment->manifest);
	image_config_release(&shipment->config);
}

/* --- the archive: manifest.json, the config, and the layers that are needed --- */

static char *file_name(const struct digest *digest)
{
	return xasprintf("%s", digest_hex(digest));
}

static int add_blob(struct tar_writer *tar, struct store *store, const struct digest *digest,
		    struct err *err)
{
	AUTO(freep) char *path = file_name(digest);
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (store_open_blob(store, digest, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "blob %s", digest->text);
	return tar_writer_add_fd(tar, path, fd, (uint64_t)st.st_size, err);
}

/* The names of all layers, those too that are not in it: the engine counts them. */
static void write_table(const struct shipment *shipment, struct str *out)
{
	AUTO(freep) char *config = file_name(&shipment->manifest.config.digest);
	json_t *layers = json_array();
	json_auto_t *table = json_pack("[{s:s, s:[s], s:o}]", "Config", config, "RepoTags",
				       shipment->name, "Layers", layers);

	VEC_FOREACH(layer, &shipment->manifest.layers) {
		AUTO(freep) char *path = file_name(&layer->digest);

		json_array_append_new(layers, json_string(path));
	}
	json_write(table, out);
}

static int write_archive(void *data, int fd, struct err *err)
{
	const struct shipment *shipment = data;
	AUTO(tar_writer_freep) struct tar_writer *tar = tar_writer_new(fd, "the image's archive");
	AUTO(str_release) struct str table = STR_INIT;

	write_table(shipment, &table);
	if (tar_writer_add(tar, "manifest.json", table.ptr, table.len, err) < 0 ||
	    add_blob(tar, shipment->store, &shipment->manifest.config.digest, err) < 0)
		return -1;
	for (size_t i = shipment->known; i < shipment->manifest.layers.len; i++) {
		if (add_blob(tar, shipment->store, &shipment->manifest.layers.items[i].digest,
			     err) < 0)
			return -1;
	}
	return tar_writer_finish(tar, err);
}

/* --- sending it --- */

static int produce_counted(void *data, char *buffer, size_t size, size_t *ret_len, struct err *err)
{
	struct shipment *shipment = data;

	if (shipment->source->produce(shipment->source->data, buffer, size, ret_len, err) < 0)
		return -1;
	shipment->done += *ret_len;
	monitor_transfer(shipment->monitor, shipment->step, "sending", shipment->name,
			 shipment->done < shipment->total ? shipment->done : shipment->total,
			 shipment->total);
	return 0;
}

static uint64_t size_from(const struct shipment *shipment, size_t first)
{
	uint64_t size = shipment->manifest.config.size;

	for (size_t i = first; i < shipment->manifest.layers.len; i++)
		size += shipment->manifest.layers.items[i].size;
	return size;
}

static int load(struct engine *engine, struct shipment *shipment, struct err *err)
{
	struct piped_source *pipe = NULL;
	struct byte_source source;
	const struct byte_source counted = { .produce = produce_counted, .data = shipment };
	int status = 0;

	if (piped_source_new(write_archive, shipment, &pipe, err) < 0)
		return -1;
	source = piped_source_bytes(pipe);
	shipment->source = &source;
	shipment->total = size_from(shipment, shipment->known);
	status = board_image_load(engine, &counted, err);
	return piped_source_finish(pipe, status, err);
}

/* Docker unpacks layers of zstd since version 23; balenaEngine does not. */
static bool takes_zstd(const struct engine *engine)
{
	const struct engine_about *about = engine_about(engine);

	return str_eq(about->product, "Podman") ||
	       (str_eq(about->product, "Docker") && strtol(about->version, NULL, 10) >= 23);
}

static int convert_layers(const struct engine *engine, struct shipment *shipment, struct err *err)
{
	const struct layer_options options = { .compression = COMPRESSION_GZIP, .clamp_mtime = -1 };

	for (size_t i = 0; i < shipment->manifest.layers.len; i++) {
		struct descriptor *layer = &shipment->manifest.layers.items[i];
		enum compression compression = COMPRESSION_GZIP;
		AUTO(layer_release) struct layer converted = { .uncompressed_size = 0 };

		if (!compression_of_media_type(layer->media_type, &compression) ||
		    compression != COMPRESSION_ZSTD || takes_zstd(engine) || i < shipment->known)
			continue;
		if (layer_convert(shipment->store, layer, &shipment->config.diff_ids.items[i],
				  &options, shipment->monitor, &converted, err) < 0)
			return -1;
		descriptor_release(layer);
		descriptor_copy(layer, &converted.blob);
	}
	return 0;
}

static int load_rest(struct engine *engine, struct shipment *shipment, struct err *err)
{
	AUTO(strvec_release) struct strvec diff_ids = STRVEC_INIT;

	VEC_FOREACH(diff_id, &shipment->config.diff_ids)
		strvec_add(&diff_ids, diff_id->text);
	if (board_image_known_layers(engine, &diff_ids, &shipment->known, err) < 0 ||
	    convert_layers(engine, shipment, err) < 0)
		return -1;
	if (load(engine, shipment, err) == 0)
		return 0;
	/* Only an engine that refused what it got; not a line that broke. */
	if (shipment->known == 0 || !err || err->kind == ERR_NETWORK || err->kind == ERR_CANCELLED)
		return -1;
	err_clear(err);
	shipment->known = 0;
	shipment->done = 0;
	if (convert_layers(engine, shipment, err) < 0)
		return -1;
	return load(engine, shipment, err);
}

static bool has_image(struct engine *engine, const char *id)
{
	json_t *image = NULL;

	if (board_image_inspect(engine, id, &image, NULL) < 0)
		return false;
	json_decref(image);
	return true;
}

int board_send_image(struct engine *engine, struct store *store, const struct descriptor *manifest,
		     const char *name, const struct monitor *monitor, unsigned step,
		     struct sent_image *ret, struct err *err)
{
	AUTO(shipment_release)
	struct shipment shipment = {
		.store = store, .name = name, .monitor = monitor, .step = step
	};

	image_config_init(&shipment.config);
	if (image_content_read_manifest(store, manifest, &shipment.manifest, err) < 0 ||
	    image_content_read_config(store, &shipment.manifest.config, &shipment.config, err) < 0)
		return -1;
	ret->id = xstrdup(shipment.manifest.config.digest.text);
	ret->whole_bytes = size_from(&shipment, 0);
	if (has_image(engine, ret->id))
		return board_image_tag(engine, ret->id, name, err);
	if (load_rest(engine, &shipment, err) < 0)
		return -1;
	/* An archive's own frame does not count. */
	ret->bytes = shipment.done < ret->whole_bytes ? shipment.done : ret->whole_bytes;
	return 0;
}
