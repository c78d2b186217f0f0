#include <string.h>

#include "archive_parts.h"
#include "base/alloc.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/limits.h"
#include "fields.h"
#include "image/image_content.h"
#include "image/reference.h"
#include "layout_index.h"

struct archive {
	const struct archive_source *source;
	struct archive_parts parts;
};

/* --- an OCI layout --- */

static int add_layout_image(const struct archive *archive, const struct descriptor *entry,
			    struct named_images *ret, struct err *err)
{
	AUTO(descriptors_release) struct descriptors blobs = { .items = NULL };

	/* complete? */
	if (image_content_list(archive->source->store, entry, &blobs, err) < 0)
		return -1;
	layout_add_named(entry, ret);
	return 0;
}

static int take_layout(const struct archive *archive, const struct archive_part *index_part,
		       struct named_images *ret, struct err *err)
{
	const struct archive_part *version = archive_parts_find(&archive->parts, LAYOUT_FILE);
	AUTO(index_release) struct index index = { .media_type = NULL };

	if (version && layout_check_version(str_span(&version->text), err) < 0)
		return -1;
	if (index_parse(str_span(&index_part->text), NULL, &index, err) < 0)
		return err_wrap(err, LAYOUT_INDEX);
	VEC_FOREACH(entry, &index.manifests) {
		if (add_layout_image(archive, entry, ret, err) < 0)
			return -1;
	}
	return 0;
}

/* --- docker's archive --- */

static int read_config(const struct archive *archive, const char *path, struct descriptor *ret,
		       struct image_config *ret_config, struct err *err)
{
	const struct archive_part *part = archive_parts_find(&archive->parts, path);
	struct store *store = archive->source->store;

	if (!part)
		return err_set(err, ERR_INPUT, "it lacks '%s'", path);
	ret->media_type = xstrdup(MEDIA_OCI_CONFIG);
	if (digest_is_set(&part->blob.digest)) {
		ret->digest = part->blob.digest;
		ret->size = part->blob.size;
	} else if (store_put_blob(store, part->text.ptr, part->text.len, &ret->digest, err) < 0) {
		return -1;
	} else {
		ret->size = part->text.len;
	}
	if (image_content_read_config(store, ret, ret_config, err) < 0)
		return err_wrap(err, "'%s'", path);
	return 0;
}

static int discard_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	(void)sink;
	(void)entry;
	(void)err;
	return 0;
}

static int discard_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	(void)sink;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

/* Of a layer that came compressed, or as a blob. */
static int find_diff_id(struct store *store, const struct descriptor *blob, struct digest *ret,
			struct err *err)
{
	struct layer_sink sink = { .entry = discard_entry, .data = discard_data };
	AUTO(fd_closep) int fd = -1;

	if (store_open_blob(store, &blob->digest, &fd, err) < 0)
		return -1;
	return layer_read(fd, true, &sink, ret, err);
}

static const char *layer_type(struct store *store, const struct digest *digest)
{
	unsigned char magic[4] = { 0 };
	AUTO(fd_closep) int fd = -1;

	if (store_open_blob(store, digest, &fd, NULL) < 0 ||
	    fd_read_full(fd, magic, sizeof(magic), "layer", NULL) < 0)
		return MEDIA_OCI_LAYER;
	if (magic[0] == 0x1f && magic[1] == 0x8b)
		return MEDIA_OCI_LAYER_GZIP;
	return memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0 ? MEDIA_OCI_LAYER_ZSTD : MEDIA_OCI_LAYER;
}

static int add_layer(const struct archive *archive, const char *path, const struct digest *diff_id,
		     struct descriptors *ret, struct err *err)
{
	const struct archive_part *part = archive_parts_find(&archive->parts, path);
	struct store *store = archive->source->store;
	struct digest found;
	struct descriptor *layer;

	if (!part || !digest_is_set(&part->blob.digest))
		return err_set(err, ERR_INPUT, "it lacks layer '%s'", path);
	found = part->diff_id;
	if (!digest_is_set(&found) && find_diff_id(store, &part->blob, &found, err) < 0)
		return err_wrap(err, "layer '%s'", path);
	if (!digest_equal(&found, diff_id))
		return err_set(err, ERR_DIGEST, "layer '%s' is %s, where the config says %s", path,
			       found.text, diff_id->text);
	layer = VEC_ADD(ret);
	descriptor_copy(layer, &part->blob);
	if (!layer->media_type)
		layer->media_type = xstrdup(layer_type(store, &layer->digest));
	return 0;
}

static int add_layers(const struct archive *archive, const struct strvec *paths,
		      const struct image_config *config, struct descriptors *ret, struct err *err)
{
	if (paths->len != config->diff_ids.len)
		return err_set(err, ERR_INPUT, "it lists %zu layers, where the config names %zu",
			       paths->len, config->diff_ids.len);
	for (size_t i = 0; i < paths->len; i++) {
		if (add_layer(archive, paths->items[i], &config->diff_ids.items[i], ret, err) < 0)
			return -1;
	}
	return 0;
}

static int make_manifest(const struct archive *archive, const json_t *entry, struct descriptor *ret,
			 struct err *err)
{
	AUTO(manifest_release)
	struct manifest manifest = { .media_type = xstrdup(MEDIA_OCI_MANIFEST) };
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;
	AUTO(image_config_release) struct image_config config = { .created = NULL };
	const char *config_path = NULL;

	if (field_string(entry, "Config", FIELD_REQUIRED, &config_path, err) < 0 ||
	    field_strings(entry, "Layers", &paths, NULL, err) < 0 ||
	    read_config(archive, config_path, &manifest.config, &config, err) < 0 ||
	    add_layers(archive, &paths, &config, &manifest.layers, err) < 0)
		return -1;
	return image_content_put_manifest(archive->source->store, &manifest, ret, err);
}

static void add_named(const char *name, const struct descriptor *target, struct named_images *ret)
{
	struct named_image *image = VEC_ADD(ret);

	image->name = xstrdup_or_null(name);
	descriptor_copy(&image->target, target);
}

static int add_docker_image(const struct archive *archive, const json_t *entry,
			    struct named_images *ret, struct err *err)
{
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;

	if (!json_is_object(entry))
		return err_set(err, ERR_INPUT, "an entry is not an object");
	if (make_manifest(archive, entry, &target, err) < 0 ||
	    field_strings(entry, "RepoTags", &names, NULL, err) < 0)
		return -1;
	VEC_FOREACH(name, &names) {
		AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
		AUTO(freep) char *canonical = NULL;

		if (image_ref_parse(*name, &ref, err) < 0)
			return -1;
		canonical = image_ref_format(&ref);
		add_named(canonical, &target, ret);
	}
	if (names.len == 0)
		add_named(NULL, &target, ret);
	return 0;
}

static int take_docker(const struct archive *archive, const struct archive_part *table,
		       struct named_images *ret, struct err *err)
{
	json_auto_t *json = NULL;
	json_t *entry;
	size_t i;

	if (json_parse(str_span(&table->text), "manifest.json", &json, err) < 0)
		return -1;
	if (!json_is_array(json))
		return err_set(err, ERR_INPUT, "manifest.json is not an array");
	json_array_foreach(json, i, entry)
	{
		if (add_docker_image(archive, entry, ret, err) < 0)
			return err_wrap(err, "image %zu", i + 1);
	}
	return 0;
}

/* --- either --- */

static int take(const struct archive *archive, struct named_images *ret, struct err *err)
{
	const struct archive_part *index = archive_parts_find(&archive->parts, LAYOUT_INDEX);
	const struct archive_part *table = archive_parts_find(&archive->parts, "manifest.json");

	/* With both, the layout: it has the manifests as they were, and what they say beside layers. */
	if (index)
		return take_layout(archive, index, ret, err);
	if (table)
		return take_docker(archive, table, ret, err);
	err_set(err, ERR_INPUT, "it holds no image: neither index.json nor manifest.json is in it");
	return err_hint(err, "'docker save', 'podman save' and 'edgectl save' write such archives");
}

int archive_read(const struct archive_source *source, struct named_images *ret, struct err *err)
{
	struct archive archive = { .source = source };
	int result;

	result = archive_parts_read(source, &archive.parts, err);
	if (result == 0)
		result = take(&archive, ret, err);
	archive_parts_release(&archive.parts);
	return result < 0 ? err_wrap(err, "archive '%s'", source->name) : 0;
}
