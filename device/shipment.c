#include "shipment.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "image/image_content.h"
#include "image/tar.h"

int shipment_open(struct shipment *shipment, struct err *err)
{
	if (image_content_read_manifest(shipment->store, shipment->target, &shipment->manifest,
					err) < 0 ||
	    image_content_read_config(shipment->store, &shipment->manifest.config,
				      &shipment->config, err) < 0)
		return -1;
	if (shipment->config.diff_ids.len != shipment->manifest.layers.len)
		return err_set(err, ERR_INPUT,
			       "image '%s': it has %zu layers, and its config names %zu",
			       shipment->name, shipment->manifest.layers.len,
			       shipment->config.diff_ids.len);
	shipment->known = xcalloc(shipment->manifest.layers.len + 1, sizeof(bool));
	return 0;
}

void shipment_release(struct shipment *shipment)
{
	free(shipment->known);
	manifest_release(&shipment->manifest);
	image_config_release(&shipment->config);
}

bool shipment_make_whole(struct shipment *shipment)
{
	bool any = false;

	for (size_t i = 0; i < shipment->manifest.layers.len; i++) {
		any |= shipment->known[i];
		shipment->known[i] = false;
	}
	return any;
}

uint64_t shipment_size(const struct shipment *shipment)
{
	uint64_t size = shipment->manifest.config.size;

	for (size_t i = 0; i < shipment->manifest.layers.len; i++) {
		if (!shipment->known[i])
			size += shipment->manifest.layers.items[i].size;
	}
	return size;
}

/* --- what is in it --- */

static char *blob_path(const struct shipment *shipment, const struct digest *digest)
{
	return xasprintf("%s%s", shipment->is_layout ? "blobs/sha256/" : "", digest_hex(digest));
}

static int add_blob(const struct shipment *shipment, const struct digest *digest,
		    struct tar_writer *tar, struct err *err)
{
	AUTO(freep) char *path = blob_path(shipment, digest);
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (store_open_blob(shipment->store, digest, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "blob %s", digest->text);
	return tar_writer_add_fd(tar, path, fd, (uint64_t)st.st_size, err);
}

/* One of several layers that are the same blob is enough. */
static bool comes_again(const struct shipment *shipment, size_t index)
{
	const struct descriptor *layers = shipment->manifest.layers.items;

	for (size_t i = 0; i < index; i++) {
		if (digest_equal(&layers[i].digest, &layers[index].digest) && !shipment->known[i])
			return true;
	}
	return false;
}

static int add_blobs(const struct shipment *shipment, struct tar_writer *tar, struct err *err)
{
	if (add_blob(shipment, &shipment->manifest.config.digest, tar, err) < 0)
		return -1;
	for (size_t i = 0; i < shipment->manifest.layers.len; i++) {
		if (!shipment->known[i] && !comes_again(shipment, i) &&
		    add_blob(shipment, &shipment->manifest.layers.items[i].digest, tar, err) < 0)
			return -1;
	}
	return 0;
}

static int add_json(const char *path, json_t *owned_json, struct tar_writer *tar, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	json_write(owned_json, &text);
	json_decref(owned_json);
	return tar_writer_add(tar, path, text.ptr, text.len, err);
}

/* --- as "docker save" writes it --- */

/* The names of all layers: the engine counts them. */
static json_t *table(const struct shipment *shipment)
{
	AUTO(freep) char *config = blob_path(shipment, &shipment->manifest.config.digest);
	json_t *layers = json_array();

	VEC_FOREACH(layer, &shipment->manifest.layers) {
		AUTO(freep) char *path = blob_path(shipment, &layer->digest);

		json_array_append_new(layers, json_string(path));
	}
	return json_pack("[{s:s, s:[s], s:o}]", "Config", config, "RepoTags", shipment->name,
			 "Layers", layers);
}

/* --- as an OCI layout --- */

/* Without a name: an image that is called otherwise by then stays, while one whose name a load takes is collected as garbage. */
static json_t *layout_index(const struct descriptor *target)
{
	return json_pack("{s:i, s:s, s:[{s:s, s:s, s:I}]}", "schemaVersion", 2, "mediaType",
			 MEDIA_OCI_INDEX, "manifests", "mediaType", target->media_type, "digest",
			 target->digest.text, "size", (json_int_t)target->size);
}

static int add_layout(const struct shipment *shipment, struct tar_writer *tar, struct err *err)
{
	if (add_json("index.json", layout_index(shipment->target), tar, err) < 0 ||
	    add_json("oci-layout", json_pack("{s:s}", "imageLayoutVersion", "1.0.0"), tar, err) < 0)
		return -1;
	return add_blob(shipment, &shipment->target->digest, tar, err);
}

int shipment_write(void *data, int fd, struct err *err)
{
	const struct shipment *shipment = data;
	AUTO(tar_writer_freep) struct tar_writer *tar = tar_writer_new(fd, "the image's archive");
	int status = shipment->is_layout ? add_layout(shipment, tar, err)
					 : add_json("manifest.json", table(shipment), tar, err);

	if (status < 0 || add_blobs(shipment, tar, err) < 0)
		return -1;
	return tar_writer_finish(tar, err);
}
