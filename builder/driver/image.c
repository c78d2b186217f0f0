#include "image.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "image/config.h"
#include "image/layer_convert.h"

#define HISTORY_COMMENT "buildkit.dockerfile.v0"

int image_put(struct store *store, const struct str *text, const char *media_type,
	      struct descriptor *ret, struct err *err)
{
	if (store_put_blob(store, text->ptr, text->len, &ret->digest, err) < 0)
		return -1;
	ret->media_type = xstrdup(media_type);
	ret->size = text->len;
	return 0;
}

/* --- config --- */

static const char *last_created(const struct image_config *config)
{
	for (size_t i = config->history.len; i > 0; i--) {
		if (config->history.items[i - 1].created)
			return config->history.items[i - 1].created;
	}
	return config->created;
}

/*
 * An entry without a layer has the time of what is before it: the time of the build would give
 * every build of the same image another digest.
 */
static void add_history(const struct image_request *request, const struct planned_lines *lines,
			struct image_config *config)
{
	char buf[32];
	AUTO(freep) char *created = xstrdup_or_null(last_created(config));

	if (request->epoch >= 0 || !created) {
		free(created);
		created = xstrdup(rfc3339_format(request->epoch >= 0 ? request->epoch : 0, buf));
	}
	VEC_FOREACH(line, lines) {
		if (line->vertex && request->epoch < 0) {
			free(created);
			created =
				xstrdup(rfc3339_format(vertex_result(line->vertex)->created, buf));
		}
		image_config_add_history(config, created, line->created_by, HISTORY_COMMENT,
					 !line->vertex);
	}
	free(config->created);
	config->created = TAKE(created);
}

/* --- layers --- */

/* In what it is to be compressed, and whether that makes another blob of it. */
static bool needs_conversion(const struct image_request *request, const struct descriptor *blob,
			     bool is_new, struct layer_options *ret)
{
	const struct image_form *form = request->form;
	enum compression have = COMPRESSION_GZIP;
	bool may_convert = is_new || form->force_compression;

	*ret = (struct layer_options){ .clamp_mtime = -1, .level = form->level };
	if (!compression_of_media_type(blob->media_type, &have))
		return false;
	ret->compression = form->has_compression && may_convert ? form->compression : have;
	if (is_new && form->rewrite_timestamp)
		ret->clamp_mtime = request->epoch;
	return ret->compression != have || ret->clamp_mtime >= 0;
}

/* Adds a layer to the manifest, and its diffID to the config. */
static int add_layer(const struct image_request *request, const struct descriptor *blob,
		     const struct digest *diff_id, bool is_new, struct image_config *config,
		     struct manifest *manifest, struct err *err)
{
	AUTO(layer_release) struct layer converted = { .uncompressed_size = 0 };
	struct descriptor *added = VEC_ADD(&manifest->layers);
	enum compression compression = COMPRESSION_GZIP;
	struct layer_options options;

	if (needs_conversion(request, blob, is_new, &options)) {
		if (layer_convert(request->store, blob, diff_id, &options, request->monitor,
				  &converted, err) < 0)
			return -1;
		blob = &converted.blob;
		diff_id = &converted.diff_id;
	}
	*VEC_ADD(&config->diff_ids) = *diff_id;
	descriptor_copy(added, blob);
	if (!compression_of_media_type(blob->media_type, &compression))
		return 0;
	free(added->media_type);
	added->media_type = xstrdup(layer_media_type(compression, request->form->docker_types));
	if (request->form->docker_types)
		strmap_release(&added->annotations);
	return 0;
}

static int add_base_layers(const struct image_request *request, const struct vertex *top,
			   struct image_config *config, struct manifest *manifest, struct err *err)
{
	while (top->parent)
		top = top->parent;
	for (size_t i = 0; top->kind == VERTEX_IMAGE && i < top->image->layers.len; i++) {
		if (add_layer(request, &top->image->layers.items[i],
			      &top->image->config.diff_ids.items[i], false, config, manifest,
			      err) < 0)
			return -1;
	}
	return 0;
}

static int add_new_layers(const struct image_request *request, const struct planned_lines *lines,
			  struct image_config *config, struct manifest *manifest, struct err *err)
{
	VEC_FOREACH(line, lines) {
		const struct layer *layer;

		if (!line->vertex)
			continue;
		layer = &vertex_result(line->vertex)->layer;
		if (add_layer(request, &layer->blob, &layer->diff_id, true, config, manifest, err) <
		    0)
			return -1;
	}
	return 0;
}

/* --- manifest --- */

static int put_config(const struct image_request *request, const struct image_config *config,
		      struct descriptor *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	image_config_write(config, &text);
	return image_put(request->store, &text,
			 request->form->docker_types ? MEDIA_DOCKER_CONFIG : MEDIA_OCI_CONFIG, ret,
			 err);
}

static int put_manifest(const struct image_request *request, const struct platform *platform,
			struct manifest *manifest, struct descriptor *ret, struct err *err)
{
	const struct image_form *form = request->form;
	AUTO(str_release) struct str text = STR_INIT;

	manifest->media_type =
		xstrdup(form->docker_types ? MEDIA_DOCKER_MANIFEST : MEDIA_OCI_MANIFEST);
	annotations_select(&form->annotations, ANNOTATE_MANIFEST, platform, &manifest->annotations);
	manifest_write(manifest, &text);
	if (image_put(request->store, &text, manifest->media_type, ret, err) < 0)
		return -1;
	ret->platform = *platform;
	annotations_select(&form->annotations, ANNOTATE_MANIFEST_DESCRIPTOR, platform,
			   &ret->annotations);
	return 0;
}

int image_write(const struct image_request *request, const struct planned_image *planned,
		struct descriptor *ret, struct digest *ret_config, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(image_config_release) struct image_config config;

	image_config_copy(&config, &planned->config);
	config.diff_ids.len = 0;
	if (add_base_layers(request, planned->top, &config, &manifest, err) < 0 ||
	    add_new_layers(request, &planned->lines, &config, &manifest, err) < 0)
		return -1;
	add_history(request, &planned->lines, &config);
	if (put_config(request, &config, &manifest.config, err) < 0 ||
	    put_manifest(request, &config.platform, &manifest, ret, err) < 0)
		return -1;
	*ret_config = manifest.config.digest;
	return 0;
}

/* --- index --- */

int image_check_annotations(const struct image_form *form, bool has_index, struct err *err)
{
	if (has_index || (!annotations_have(&form->annotations, ANNOTATE_INDEX) &&
			  !annotations_have(&form->annotations, ANNOTATE_INDEX_DESCRIPTOR)))
		return 0;
	(void)err_set(err, ERR_USAGE, "an annotation of the index, but the image has none");
	return err_hint(err, "an image of a single platform without attestations is a manifest "
			     "alone: annotate that");
}

int image_index_write(const struct image_request *request, const struct descriptors *manifests,
		      struct descriptor *ret, struct err *err)
{
	const struct image_form *form = request->form;
	AUTO(index_release)
	struct index index = { .media_type = xstrdup(form->docker_types ? MEDIA_DOCKER_LIST
									: MEDIA_OCI_INDEX) };
	AUTO(str_release) struct str text = STR_INIT;

	VEC_FOREACH(manifest, manifests)
		descriptor_copy(VEC_ADD(&index.manifests), manifest);
	annotations_select(&form->annotations, ANNOTATE_INDEX, NULL, &index.annotations);
	index_write(&index, &text);
	annotations_select(&form->annotations, ANNOTATE_INDEX_DESCRIPTOR, NULL, &ret->annotations);
	return image_put(request->store, &text, index.media_type, ret, err);
}
