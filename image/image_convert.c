#include "image/image_convert.h"

#include "base/alloc.h"
#include "image/image_content.h"
#include "image/layer_convert.h"

#define DEPTH_MAX 4

struct conversion {
	struct store *store;
	enum image_dialect dialect;
	const struct monitor *monitor;
};

/* --- media types --- */

#define DOCKER_FOREIGN "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
#define OCI_FOREIGN    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"

static const struct {
	const char *oci, *docker;
} types[] = {
	{ MEDIA_OCI_INDEX, MEDIA_DOCKER_LIST },
	{ MEDIA_OCI_MANIFEST, MEDIA_DOCKER_MANIFEST },
	{ MEDIA_OCI_CONFIG, MEDIA_DOCKER_CONFIG },
	{ MEDIA_OCI_LAYER_GZIP, MEDIA_DOCKER_LAYER },
	{ MEDIA_OCI_LAYER, MEDIA_DOCKER_LAYER_TAR },
	{ MEDIA_OCI_LAYER_ZSTD, MEDIA_DOCKER_LAYER_ZSTD },
	{ OCI_FOREIGN, DOCKER_FOREIGN },
};

/* NULL = it has no counterpart. */
static const char *translate(const char *type, enum image_dialect dialect)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (str_eq(type, types[i].oci) || str_eq(type, types[i].docker))
			return dialect == DIALECT_OCI ? types[i].oci : types[i].docker;
	}
	return NULL;
}

static void set_type(char **type, const char *wanted)
{
	free(*type);
	*type = xstrdup(wanted);
}

/* --- layers --- */

/* What Docker's schema 2 has a media type for that every engine reads. */
static bool must_be_compressed(const struct conversion *c, const struct descriptor *layer)
{
	enum compression compression;

	return c->dialect == DIALECT_DOCKER &&
	       compression_of_media_type(layer->media_type, &compression) &&
	       compression != COMPRESSION_GZIP;
}

static int compress_layer(const struct conversion *c, struct descriptor *blob,
			  const struct digest *diff_id, struct err *err)
{
	const struct layer_options options = { .compression = COMPRESSION_GZIP, .clamp_mtime = -1 };
	AUTO(layer_release) struct layer layer = { .uncompressed_size = 0 };

	if (layer_convert(c->store, blob, diff_id, &options, c->monitor, &layer, err) < 0)
		return err_wrap(err, "layer %s", blob->digest.text);
	blob->digest = layer.blob.digest;
	blob->size = layer.blob.size;
	set_type(&blob->media_type, layer.blob.media_type);
	return 0;
}

static int convert_layer(const struct conversion *c, struct descriptor *layer,
			 const struct digest *diff_id, struct err *err)
{
	const char *type;

	if (must_be_compressed(c, layer) && compress_layer(c, layer, diff_id, err) < 0)
		return -1;
	type = translate(layer->media_type, c->dialect);
	if (!type)
		return err_set(err, ERR_UNSUPPORTED, "there is no other form of '%s'",
			       layer->media_type);
	set_type(&layer->media_type, type);
	return 0;
}

static int convert_layers(const struct conversion *c, struct manifest *m, struct err *err)
{
	AUTO(image_config_release) struct image_config config = { .created = NULL };

	if (image_content_read_config(c->store, &m->config, &config, err) < 0)
		return -1;
	if (config.diff_ids.len != m->layers.len)
		return err_set(err, ERR_INPUT, "the config names %zu layers, the manifest %zu",
			       config.diff_ids.len, m->layers.len);
	for (size_t i = 0; i < m->layers.len; i++) {
		if (convert_layer(c, &m->layers.items[i], &config.diff_ids.items[i], err) < 0)
			return -1;
	}
	return 0;
}

/* --- manifests --- */

static void drop_annotations(const struct conversion *c, struct descriptor *d)
{
	if (c->dialect == DIALECT_DOCKER)
		strmap_release(&d->annotations);
}

static void drop_what_docker_lacks(struct manifest *m)
{
	descriptor_release(&m->subject);
	strmap_release(&m->annotations);
	free(TAKE(m->artifact_type));
	json_decref(TAKE(m->unknown));
	strmap_release(&m->config.annotations);
	VEC_FOREACH(layer, &m->layers)
		strmap_release(&layer->annotations);
}

static int convert_manifest(const struct conversion *c, const struct descriptor *target,
			    struct descriptor *ret, struct err *err)
{
	AUTO(manifest_release) struct manifest m = { .media_type = NULL };
	const char *config_type;

	if (image_content_read_manifest(c->store, target, &m, err) < 0)
		return -1;
	config_type = translate(m.config.media_type, c->dialect);
	if (!config_type || (m.artifact_type && c->dialect == DIALECT_DOCKER))
		return err_set(err, ERR_UNSUPPORTED,
			       "an artifact of type '%s' is no image, and has no other form",
			       m.artifact_type ? m.artifact_type : m.config.media_type);
	if (convert_layers(c, &m, err) < 0)
		return -1;
	set_type(&m.config.media_type, config_type);
	set_type(&m.media_type, translate(m.media_type, c->dialect));
	if (c->dialect == DIALECT_DOCKER)
		drop_what_docker_lacks(&m);
	descriptor_copy(ret, target);
	drop_annotations(c, ret);
	return image_content_put_manifest(c->store, &m, ret, err);
}

static int convert(const struct conversion *c, const struct descriptor *target, unsigned depth,
		   struct descriptor *ret, struct err *err);

static bool is_attestation(const struct descriptor *d)
{
	return strmap_has(&d->annotations, "vnd.docker.reference.type");
}

static int convert_members(const struct conversion *c, const struct index *index, unsigned depth,
			   struct descriptors *ret, struct err *err)
{
	VEC_FOREACH(member, &index->manifests) {
		if (!store_has_blob(c->store, &member->digest, NULL))
			continue;
		if (is_attestation(member)) {
			/* about a manifest that is another one now */
			continue;
		}
		if (convert(c, member, depth + 1, VEC_ADD(ret), err) < 0)
			return -1;
	}
	if (ret->len == 0)
		return err_set(err, ERR_NOT_FOUND, "no image of the index is in the store");
	return 0;
}

static int convert_index(const struct conversion *c, const struct descriptor *target,
			 unsigned depth, struct descriptor *ret, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	AUTO(descriptors_release) struct descriptors members = { .items = NULL };
	struct descriptors old;

	if (depth >= DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "indexes within indexes, more than %d deep",
			       DEPTH_MAX);
	if (image_content_read_index(c->store, target, &index, err) < 0 ||
	    convert_members(c, &index, depth, &members, err) < 0)
		return -1;
	old = index.manifests;
	index.manifests = members;
	members = old;
	set_type(&index.media_type, translate(index.media_type, c->dialect));
	if (c->dialect == DIALECT_DOCKER) {
		descriptor_release(&index.subject);
		strmap_release(&index.annotations);
		free(TAKE(index.artifact_type));
		json_decref(TAKE(index.unknown));
	}
	descriptor_copy(ret, target);
	drop_annotations(c, ret);
	return image_content_put_index(c->store, &index, ret, err);
}

static int convert(const struct conversion *c, const struct descriptor *target, unsigned depth,
		   struct descriptor *ret, struct err *err)
{
	if (str_eq(translate(target->media_type, c->dialect), target->media_type)) {
		descriptor_copy(ret, target);
		return 0;
	}
	if (media_type_is_index(target->media_type))
		return convert_index(c, target, depth, ret, err);
	return convert_manifest(c, target, ret, err);
}

int image_convert(struct store *store, const struct descriptor *target, enum image_dialect dialect,
		  const struct monitor *monitor, struct descriptor *ret, struct err *err)
{
	const struct conversion c = { .store = store, .dialect = dialect, .monitor = monitor };

	*ret = (struct descriptor){ .media_type = NULL };
	if (dialect == DIALECT_KEPT) {
		descriptor_copy(ret, target);
		return 0;
	}
	if (convert(&c, target, 0, ret, err) == 0)
		return 0;
	descriptor_release(ret);
	return err_wrap(err, "convert %s", target->digest.text);
}
