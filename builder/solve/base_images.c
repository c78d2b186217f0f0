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
	    index_parse(str_span(&text), target->media_type, &index, err) < 0)
		return -1;
	if (index_select(&index, platform, &member, err) < 0) {
		if (err) /* it is here */
			err->kind = ERR_UNSUPPORTED;
		return -1;
	}
	descriptor_copy(ret, member);
	return 0;
}

static int check_config(const struct base_image *image, bool any_platform, struct err *err)
{
	char have[PLATFORM_TEXT_MAX], want[PLATFORM_TEXT_MAX];

	if (image->config.diff_ids.len != image->layers.len)
		return err_set(err, ERR_INPUT, "%zu layers, but %zu diff ids", image->layers.len,
			       image->config.diff_ids.len);
	if (any_platform || platform_match(&image->config.platform, &image->platform) > 0)
		return 0;
	(void)err_set(err, ERR_UNSUPPORTED, "it is an image for %s, not for %s",
		      platform_format(&image->config.platform, have),
		      platform_format(&image->platform, want));
	return err_hint(err, "use --platform=%s, or a base image for %s", have, want);
}

static int load_from_store(struct base_images *bases, const struct descriptor *target,
			   bool any_platform, struct base_image *image, struct err *err)
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
	return check_config(image, any_platform, err);
}

/* False, and the reason in err, when the store lacks the name, the platform, or a part of it. */
static bool find_in_store(struct base_images *bases, const char *canonical, bool any_platform,
			  struct base_image *image, struct err *err)
{
	AUTO(descriptor_release) struct descriptor target = { .media_type = NULL };

	if (store_resolve(bases->store, canonical, &target, err) == 0 &&
	    load_from_store(bases, &target, any_platform, image, err) == 0)
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

static unsigned add_step(const struct base_images *bases, const char *canonical,
			 const struct platform *platform)
{
	char text[PLATFORM_TEXT_MAX];

	return monitor_add_step(bases->monitor, "[%s%sinternal] load metadata for %s",
				bases->show_platform ? platform_format(platform, text) : "",
				bases->show_platform ? " " : "", canonical);
}

static int ask_registry(struct base_images *bases, const char *canonical, struct base_image *image,
			struct err *err)
{
	struct resolved_image resolved = { .manifest = { .media_type = NULL } };
	unsigned step = add_step(bases, canonical, &image->platform);
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
		result = check_config(image, bases->any_platform, err);
	}
	resolved_image_release(&resolved);
	if (result < 0)
		monitor_text(bases->monitor, step, EVENT_STEP_FAILED, "%s",
			     err && err->message ? err->message : "failed");
	else
		monitor_step(bases->monitor, step, EVENT_STEP_DONE);
	return result;
}

static int load(struct base_images *bases, bool pull, struct base_image *image, struct err *err)
{
	AUTO(freep) char *canonical = image_ref_format(&image->ref);
	AUTO(err_release) struct err reason = ERR_INIT;

	if ((!pull || !bases->registry) && find_in_store(bases, canonical, false, image, &reason))
		return 0;
	if (bases->registry && ask_registry(bases, canonical, image, err) == 0)
		return 0;
	/* An image that is here, but for another platform: that says more than that nobody else has it. */
	if (bases->registry && reason.kind != ERR_UNSUPPORTED)
		return -1;
	err_clear(err);
	if (bases->any_platform && find_in_store(bases, canonical, true, image, err))
		return 0;
	err_clear(err);
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
	return load_from_store(bases, &target, bases->any_platform, image, err);
}

/* --- finding --- */

struct found_image {
	struct base_image image;
	const struct named_context
		*layout; /* that it is from; NULL = it is known by its reference */
	bool is_pulled;
};

static void found_free(struct found_image *found)
{
	base_image_release(&found->image);
	free(found);
}

/* What --build-context makes of the name, or else the name itself. */
static const char *meaning_of(const struct base_names *names, const char *name,
			      const struct platform *platform,
			      const struct named_context **ret_layout)
{
	const struct named_context *context =
		names->contexts ? named_contexts_find(names->contexts, name, platform) : NULL;

	*ret_layout = context && context->kind == NAMED_LAYOUT ? context : NULL;
	return context && context->kind == NAMED_IMAGE ? context->value : name;
}

static bool is_same(const struct found_image *a, const struct found_image *b)
{
	AUTO(freep) char *ref_a = NULL, *ref_b = NULL;

	if (a->layout != b->layout || !platform_equal(&a->image.platform, &b->image.platform))
		return false;
	if (a->layout)
		return true;
	ref_a = image_ref_format(&a->image.ref);
	ref_b = image_ref_format(&b->image.ref);
	return str_eq(ref_a, ref_b);
}

/* One that may be older than what the registry has does not do where that is asked for. */
static struct found_image *find_known(const struct base_images *bases,
				      const struct found_image *wanted)
{
	VEC_FOREACH(known, &bases->found) {
		if (is_same(*known, wanted) && (*known)->is_pulled >= wanted->is_pulled)
			return *known;
	}
	return NULL;
}

static int find_image(struct base_images *bases, struct found_image *owned,
		      const struct base_image **ret, struct err *err)
{
	struct found_image *known = find_known(bases, owned);
	int result = 0;

	if (!known)
		result = owned->layout ? load_layout(bases, owned->layout, &owned->image, err)
				       : load(bases, owned->is_pulled, &owned->image, err);
	if (known || result < 0) {
		found_free(owned);
	} else {
		*VEC_ADD(&bases->found) = owned;
		known = owned;
	}
	if (known)
		*ret = &known->image;
	return result;
}

static int find_base(struct base_finder *finder, const char *name, const struct platform *platform,
		     const struct base_image **ret, struct err *err)
{
	struct base_names *names = CONTAINER_OF(finder, struct base_names, finder);
	struct found_image *found = xcalloc(1, sizeof(*found));
	const char *meaning = meaning_of(names, name, platform, &found->layout);

	found->image.name = xstrdup(name);
	found->image.platform = *platform;
	found->is_pulled = names->pull;
	if (!found->layout && image_ref_parse(meaning, &found->image.ref, err) < 0) {
		found_free(found);
		return err_wrap(err, "image '%s'", name);
	}
	if (find_image(names->images, found, ret, err) < 0)
		return err_wrap(err, "image '%s'", name);
	return 0;
}

void base_names_init(struct base_names *names, struct base_images *images, bool pull,
		     const struct named_contexts *contexts)
{
	*names = (struct base_names){
		.finder = { .find = find_base },
		.images = images,
		.pull = pull,
		.contexts = contexts,
	};
}

void base_images_init(struct base_images *bases, struct store *store, struct registry *registry,
		      const struct monitor *monitor)
{
	*bases = (struct base_images){
		.store = store,
		.registry = registry,
		.monitor = monitor,
	};
}

void base_images_release(struct base_images *bases)
{
	VEC_FOREACH(found, &bases->found)
		found_free(*found);
	free(bases->found.items);
}
