#include "solve/base_images.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "context/image_layout.h"

static int read_manifest(struct store *store, const struct descriptor *target, struct manifest *ret,
			 struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (store_read_blob(store, &target->digest, LIMIT_MANIFEST, &text, err) < 0)
		return -1;
	return manifest_parse(str_span(&text), target->media_type, ret, err);
}

/* The manifest for the platform: the target itself, or a member of it. */
static int select_manifest(struct store *store, const struct descriptor *target,
			   const struct platform *platform, struct descriptor *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *member = NULL;

	if (!media_type_is_index(target->media_type)) {
		descriptor_copy(ret, target);
		return 0;
	}
	if (store_read_blob(store, &target->digest, LIMIT_MANIFEST, &text, err) < 0 ||
	    index_parse(str_span(&text), target->media_type, &index, err) < 0 ||
	    index_select(&index, platform, &member, err) < 0)
		return -1;
	descriptor_copy(ret, member);
	return 0;
}

static int check_platform(const struct base_image *image, struct err *err)
{
	char have[PLATFORM_TEXT_MAX], want[PLATFORM_TEXT_MAX];

	if (image->config.diff_ids.len != image->layers.len)
		return err_set(err, ERR_INPUT, "%zu layers, but %zu diff ids", image->layers.len,
			       image->config.diff_ids.len);
	if (platform_match(&image->config.platform, &image->platform) > 0)
		return 0;
	(void)err_set(err, ERR_UNSUPPORTED, "it is an image for %s, not for %s",
		      platform_format(&image->config.platform, have),
		      platform_format(&image->platform, want));
	return err_hint(err, "use --platform=%s, or a base image for %s", have, want);
}

static int load_from_store(struct base_images *bases, const struct descriptor *target,
			   struct base_image *image, struct err *err)
{
	AUTO(descriptor_release) struct descriptor chosen = { .media_type = NULL };
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(str_release) struct str config = STR_INIT;

	if (select_manifest(bases->store, target, &image->platform, &chosen, err) < 0 ||
	    read_manifest(bases->store, &chosen, &manifest, err) < 0 ||
	    store_read_blob(bases->store, &manifest.config.digest, LIMIT_CONFIG, &config, err) <
		    0 ||
	    image_config_parse(str_span(&config), &image->config, err) < 0)
		return -1;
	image->digest = chosen.digest;
	image->layers = manifest.layers;
	manifest.layers = (struct descriptors){ .items = NULL };
	return check_platform(image, err);
}

/* False, and the reason in err, when the store lacks the name, the platform, or a part of it. */
static bool find_in_store(struct base_images *bases, const char *canonical,
			  struct base_image *image, struct err *err)
{
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };

	if (store_resolve(bases->store, canonical, &target, err) == 0 &&
	    load_from_store(bases, &target, image, err) == 0)
		return true;
	image_config_release(&image->config);
	descriptors_release(&image->layers);
	image->layers = (struct descriptors){ .items = NULL };
	return false;
}

static int remember(struct base_images *bases, const char *canonical,
		    const struct resolved_image *resolved, struct err *err)
{
	bool is_index = digest_is_set(&resolved->index_digest);
	const struct digest *digest = is_index ? &resolved->index_digest : &resolved->digest;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(freep) char *media_type = NULL;
	json_t *json = NULL;

	if (store_read_blob(bases->store, digest, LIMIT_MANIFEST, &text, err) < 0 ||
	    json_parse(str_span(&text), canonical, &json, err) < 0)
		return -1;
	media_type = xstrdup_or_null(json_get_string(json, "mediaType"));
	json_decref(json);
	if (!media_type)
		media_type = xstrdup(is_index ? MEDIA_OCI_INDEX : MEDIA_OCI_MANIFEST);
	return store_tag(bases->store, canonical,
			 &(struct descriptor){
				 .media_type = media_type, .digest = *digest, .size = text.len },
			 err);
}

static int ask_registry(struct base_images *bases, const char *canonical, struct base_image *image,
			struct err *err)
{
	struct resolved_image resolved = { .manifest = { .media_type = NULL } };
	unsigned step =
		monitor_add_step(bases->monitor, "[internal] load metadata for %s", canonical);
	int result;

	monitor_step(bases->monitor, step, EVENT_STEP_STARTED);
	result = registry_resolve(bases->registry, &image->ref, &image->platform, bases->store,
				  &resolved, err);
	if (result == 0)
		result = remember(bases, canonical, &resolved, err);
	if (result == 0) {
		image->digest = resolved.digest;
		image_config_copy(&image->config, &resolved.config);
		image->layers = resolved.manifest.layers;
		resolved.manifest.layers = (struct descriptors){ .items = NULL };
		result = check_platform(image, err);
	}
	resolved_image_release(&resolved);
	if (result < 0)
		monitor_text(bases->monitor, step, EVENT_STEP_FAILED, "%s",
			     err && err->message ? err->message : "failed");
	else
		monitor_step(bases->monitor, step, EVENT_STEP_DONE);
	return result;
}

static int load(struct base_images *bases, struct base_image *image, struct err *err)
{
	AUTO(freep) char *canonical = image_ref_format(&image->ref);
	AUTO(err_release) struct err reason = ERR_INIT;

	if ((!bases->pull || !bases->registry) && find_in_store(bases, canonical, image, &reason))
		return 0;
	if (bases->registry && ask_registry(bases, canonical, image, err) == 0)
		return 0;
	/* An image that is here, but for another platform: that says more than that nobody else has it. */
	if (bases->registry && reason.kind != ERR_UNSUPPORTED)
		return -1;
	err_move(err, &reason);
	return -1;
}

/* An image of an OCI layout is brought into the store, layers and all. */
static int load_layout(struct base_images *bases, const struct named_context *context,
		       struct base_image *image, struct err *err)
{
	const struct image_layout_request request = {
		.dir = context->value,
		.tag = context->tag,
		.digest = context->digest,
		.platform = &image->platform,
		.store = bases->store,
		.monitor = bases->monitor,
	};
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };

	image->ref = (struct image_ref){ .host = xstrdup("oci-layout"),
					 .repository = xstrdup(context->name) };
	if (image_layout_import(&request, &target, err) < 0)
		return -1;
	image->ref.digest = target.digest;
	return load_from_store(bases, &target, image, err);
}

/* What --build-context makes of the name, or else the name itself. */
static int load_named(struct base_images *bases, const char *name, struct base_image *image,
		      struct err *err)
{
	const struct named_context *context =
		bases->contexts ? named_contexts_find(bases->contexts, name, &image->platform)
				: NULL;

	if (context && context->kind == NAMED_LAYOUT)
		return load_layout(bases, context, image, err);
	if (context && context->kind == NAMED_IMAGE)
		name = context->value;
	return image_ref_parse(name, &image->ref, err) < 0 ? -1 : load(bases, image, err);
}

static int find_base(struct base_finder *finder, const char *name, const struct platform *platform,
		     const struct base_image **ret, struct err *err)
{
	struct base_images *bases = CONTAINER_OF(finder, struct base_images, finder);
	struct base_image *image;

	VEC_FOREACH(known, &bases->found) {
		if (str_eq((*known)->name, name) && platform_equal(&(*known)->platform, platform)) {
			*ret = *known;
			return 0;
		}
	}
	image = xcalloc(1, sizeof(*image));
	image->name = xstrdup(name);
	image->platform = *platform;
	if (load_named(bases, name, image, err) < 0) {
		base_image_release(image);
		free(image);
		return err_wrap(err, "image '%s'", name);
	}
	*VEC_ADD(&bases->found) = image;
	*ret = image;
	return 0;
}

void base_images_init(struct base_images *bases, struct store *store, struct registry *registry,
		      const struct monitor *monitor, bool pull,
		      const struct named_contexts *contexts)
{
	*bases = (struct base_images){
		.finder = { .find = find_base },
		.store = store,
		.registry = registry,
		.monitor = monitor,
		.pull = pull,
		.contexts = contexts,
	};
}

void base_images_release(struct base_images *bases)
{
	VEC_FOREACH(image, &bases->found) {
		base_image_release(*image);
		free(*image);
	}
	free(bases->found.items);
}
