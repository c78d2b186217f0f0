#include "inspection.h"

#include "base/alloc.h"
#include "base/json.h"

void inspection_release(struct inspection *inspection)
{
	VEC_FOREACH(image, &inspection->images) {
		descriptor_release(&image->descriptor);
		manifest_release(&image->manifest);
		if (image->has_config)
			image_config_release(&image->config);
		str_release(&image->config_text);
	}
	free(inspection->images.items);
	descriptor_release(&inspection->target);
	free(inspection->artifact_type);
	strmap_release(&inspection->annotations);
	*inspection = (struct inspection){ .name = NULL };
}

/* Layers that images share count once. */
uint64_t inspection_size(const struct inspection *inspection)
{
	struct strmap seen = STRMAP_INIT;
	uint64_t size = 0;

	VEC_FOREACH(image, &inspection->images) {
		VEC_FOREACH(layer, &image->manifest.layers) {
			if (strmap_has(&seen, layer->digest.text))
				continue;
			strmap_set(&seen, layer->digest.text, NULL);
			size += layer->size;
		}
		size += image->is_here ? image->manifest.config.size + image->descriptor.size : 0;
	}
	strmap_release(&seen);
	return size;
}

/* --- taking --- */

static bool is_image_config(const char *type)
{
	return str_eq(type, MEDIA_OCI_CONFIG) || str_eq(type, MEDIA_DOCKER_CONFIG);
}

static int take_config(struct image_source *source, struct inspected_image *image, struct err *err)
{
	if (image->has_config || !image->is_here ||
	    !is_image_config(image->manifest.config.media_type))
		return 0;
	if (image_source_blob(source, &image->manifest.config, &image->config_text, err) < 0 ||
	    image_config_parse(str_span(&image->config_text), &image->config, err) < 0)
		return -1;
	image->has_config = true;
	return 0;
}

static int take_image(struct image_source *source, const struct descriptor *descriptor,
		      struct inspection *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct inspected_image *image = VEC_ADD(&ret->images);

	str_init(&image->config_text, 0);
	descriptor_copy(&image->descriptor, descriptor);
	image->is_here = image_source_has(source, descriptor);
	if (!image->is_here)
		return 0;
	if (image_source_manifest(source, descriptor, &text, err) < 0 ||
	    manifest_parse(str_span(&text), descriptor->media_type, &image->manifest, err) < 0)
		return -1;
	image->size = descriptor->size + image->manifest.config.size;
	VEC_FOREACH(layer, &image->manifest.layers)
		image->size += layer->size;
	return 0;
}

static int take_members(const struct inspection_request *request, const struct index *index,
			struct inspection *ret, struct err *err)
{
	const struct descriptor *chosen = NULL;

	if (request->platform) {
		if (index_select(index, request->platform, &chosen, err) < 0)
			return -1;
		return take_image(request->source, chosen, ret, err);
	}
	VEC_FOREACH(member, &index->manifests) {
		if (strmap_has(&member->annotations, "vnd.docker.reference.type")) {
			ret->attestations++;
			continue;
		}
		if (media_type_is_manifest(member->media_type) &&
		    take_image(request->source, member, ret, err) < 0)
			return -1;
	}
	return 0;
}

static int take_index(const struct inspection_request *request, struct inspection *ret,
		      struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };

	if (index_parse(str_span(&request->source->body), ret->target.media_type, &index, err) < 0)
		return -1;
	ret->artifact_type = xstrdup_or_null(index.artifact_type);
	strmap_set_all(&ret->annotations, &index.annotations);
	return take_members(request, &index, ret, err);
}

static int take_single(const struct inspection_request *request, struct inspection *ret,
		       struct err *err)
{
	const struct manifest *manifest;

	if (take_image(request->source, &ret->target, ret, err) < 0)
		return -1;
	manifest = &ret->images.items[0].manifest;
	strmap_set_all(&ret->annotations, &manifest->annotations);
	if (manifest->artifact_type)
		ret->artifact_type = xstrdup(manifest->artifact_type);
	else if (!is_image_config(manifest->config.media_type))
		ret->artifact_type = xstrdup(manifest->config.media_type);
	return 0;
}

/* The only one, or this machine's: the others are a --platform away. */
static int choose_shown(const struct inspection *inspection)
{
	struct platform host;
	int best = 0, shown = -1;

	if (inspection->images.len == 1)
		return inspection->images.items[0].is_here ? 0 : -1;
	platform_host(&host);
	for (size_t i = 0; i < inspection->images.len; i++) {
		const struct inspected_image *image = &inspection->images.items[i];
		int score = platform_match(&image->descriptor.platform, &host);

		if (image->is_here && score > best) {
			best = score;
			shown = (int)i;
		}
	}
	return shown;
}

static int take_configs(const struct inspection_request *request, struct inspection *ret,
			struct err *err)
{
	ret->shown = choose_shown(ret);
	if (!request->all_configs)
		return ret->shown < 0
			       ? 0
			       : take_config(request->source, &ret->images.items[ret->shown], err);
	VEC_FOREACH(image, &ret->images) {
		if (take_config(request->source, image, err) < 0)
			return -1;
	}
	return 0;
}

int inspection_take(const struct inspection_request *request, struct inspection *ret,
		    struct err *err)
{
	const struct descriptor *target = &request->source->target;
	int result;

	*ret = (struct inspection){ .name = request->name, .shown = -1 };
	descriptor_copy(&ret->target, target);
	result = media_type_is_index(target->media_type) ? take_index(request, ret, err)
							 : take_single(request, ret, err);
	if (result == 0)
		result = take_configs(request, ret, err);
	if (result < 0) {
		inspection_release(ret);
		return err_wrap(err, "'%s'", request->name);
	}
	return 0;
}

/* --- JSON --- */

static json_t *json_of_map(const struct strmap *map)
{
	json_t *object = json_object();

	for (size_t i = 0; i < map->len; i++)
		json_set_string(object, map->items[i].key,
				map->items[i].value ? map->items[i].value : "");
	return object;
}

static json_t *json_of_layers(const struct manifest *manifest)
{
	json_t *array = json_array();

	VEC_FOREACH(layer, &manifest->layers) {
		json_t *object = json_object();

		json_set_string(object, "digest", layer->digest.text);
		json_set_string(object, "mediaType", layer->media_type);
		json_object_set_new(object, "size", json_integer((json_int_t)layer->size));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *json_of_image(const struct inspected_image *image)
{
	const struct platform *platform =
		image->has_config ? &image->config.platform : &image->descriptor.platform;
	json_t *object = json_object(), *config = NULL;
	char text[PLATFORM_TEXT_MAX];

	json_object_set_new(object, "platform",
			    platform->os[0] ? json_string(platform_format(platform, text))
					    : json_null());
	json_set_string(object, "digest", image->descriptor.digest.text);
	json_set_string(object, "mediaType", image->descriptor.media_type);
	if (!image->is_here)
		return object;
	json_object_set_new(object, "size", json_integer((json_int_t)image->size));
	json_object_set_new(object, "layers", json_of_layers(&image->manifest));
	if (image->has_config &&
	    json_parse(str_span(&image->config_text), "config", &config, NULL) == 0)
		json_object_set_new(object, "config", config);
	return object;
}

json_t *inspection_json(const struct inspection *inspection)
{
	json_t *object = json_object(), *images = json_array();

	json_set_string(object, "name", inspection->name);
	json_set_string(object, "digest", inspection->target.digest.text);
	json_set_string(object, "mediaType", inspection->target.media_type);
	if (inspection->artifact_type)
		json_set_string(object, "artifactType", inspection->artifact_type);
	json_object_set_new(object, "size", json_integer((json_int_t)inspection_size(inspection)));
	json_object_set_new(object, "annotations", json_of_map(&inspection->annotations));
	VEC_FOREACH(image, &inspection->images)
		json_array_append_new(images, json_of_image(image));
	json_object_set_new(object, "images", images);
	return object;
}
