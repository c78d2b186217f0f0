#include "image.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "image/config.h"

#define HISTORY_COMMENT "buildkit.dockerfile.v0"

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

static void add_layers(const struct planned_lines *lines, struct image_config *config,
		       struct manifest *manifest)
{
	VEC_FOREACH(line, lines) {
		const struct layer *layer;

		if (!line->vertex)
			continue;
		layer = &vertex_result(line->vertex)->layer;
		*VEC_ADD(&config->diff_ids) = layer->diff_id;
		descriptor_copy(VEC_ADD(&manifest->layers), &layer->blob);
	}
}

/* --- manifest --- */

/* A base may come in Docker's dialect; the bytes of a layer are the same in both. */
static void set_oci_type(struct descriptor *layer)
{
	if (!str_eq(layer->media_type, MEDIA_DOCKER_LAYER))
		return;
	free(layer->media_type);
	layer->media_type = xstrdup(MEDIA_OCI_LAYER_GZIP);
}

static void add_base_layers(struct vertex *top, struct manifest *manifest)
{
	while (top->parent)
		top = top->parent;
	if (top->kind != VERTEX_IMAGE)
		return;
	VEC_FOREACH(layer, &top->image->layers) {
		struct descriptor *copy = VEC_ADD(&manifest->layers);

		descriptor_copy(copy, layer);
		set_oci_type(copy);
	}
}

static int write_config(struct store *store, const struct image_config *config,
			struct descriptor *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	image_config_write(config, &text);
	ret->media_type = xstrdup(MEDIA_OCI_CONFIG);
	ret->size = text.len;
	return store_put_blob(store, text.ptr, text.len, &ret->digest, err);
}

int image_write(const struct image_request *request, struct planned_image *planned,
		struct descriptor *ret, struct digest *ret_config, struct err *err)
{
	AUTO(manifest_release)
	struct manifest manifest = {
		.media_type = xstrdup(MEDIA_OCI_MANIFEST),
	};
	AUTO(str_release) struct str text = STR_INIT;

	add_base_layers(planned->top, &manifest);
	add_layers(&planned->lines, &planned->config, &manifest);
	add_history(request, &planned->lines, &planned->config);
	if (write_config(request->store, &planned->config, &manifest.config, err) < 0)
		return -1;
	manifest_write(&manifest, &text);
	if (store_put_blob(request->store, text.ptr, text.len, &ret->digest, err) < 0)
		return -1;
	ret->media_type = xstrdup(MEDIA_OCI_MANIFEST);
	ret->size = text.len;
	*ret_config = manifest.config.digest;
	return 0;
}

/* --- index --- */

int image_index_write(struct store *store, const struct descriptors *manifests,
		      struct descriptor *ret, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = xstrdup(MEDIA_OCI_INDEX) };
	AUTO(str_release) struct str text = STR_INIT;

	VEC_FOREACH(manifest, manifests)
		descriptor_copy(VEC_ADD(&index.manifests), manifest);
	index_write(&index, &text);
	if (store_put_blob(store, text.ptr, text.len, &ret->digest, err) < 0)
		return -1;
	ret->media_type = xstrdup(MEDIA_OCI_INDEX);
	ret->size = text.len;
	return 0;
}
