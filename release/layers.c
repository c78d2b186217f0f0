#include "layers.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "registry/repository.h"

void image_layers_release(struct image_layers *layers)
{
	VEC_FOREACH(item, layers) {
		descriptors_release(&item->layers);
		free(item->chains.items);
	}
	free(layers->items);
	*layers = (struct image_layers){ .items = NULL };
}

static struct platform_layers *find(const struct image_layers *layers,
				    const struct platform *platform)
{
	VEC_FOREACH(item, layers) {
		if (platform_equal(&item->platform, platform))
			return item;
	}
	return NULL;
}

static bool has(const struct layer_chains *chains, const struct digest *chain)
{
	VEC_FOREACH(item, chains) {
		if (digest_equal(item, chain))
			return true;
	}
	return false;
}

static void climb(struct digest *chain, const struct digest *layer)
{
	AUTO(freep) char *text = xasprintf("%s %s", chain->text, layer->text);

	digest_of(text, strlen(text), chain);
}

void image_layers_add(struct image_layers *ret, const struct platform *platform,
		      const struct descriptors *layers)
{
	struct platform_layers *item = find(ret, platform);
	struct digest chain = { .text = "" };

	if (!item) {
		item = VEC_ADD(ret);
		*item = (struct platform_layers){ .platform = *platform };
	}
	VEC_FOREACH(layer, layers) {
		climb(&chain, &layer->digest);
		if (has(&item->chains, &chain))
			continue;
		descriptor_copy(VEC_ADD(&item->layers), layer);
		*VEC_ADD(&item->chains) = chain;
	}
}

/* A single image: its config says what it is for. */
static int read_platform(struct registry *registry, const struct image_ref *ref,
			 const struct manifest *manifest, struct platform *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct image_config config;
	int status;

	if (registry_read_blob(registry, ref, &manifest->config, LIMIT_CONFIG, &text, err) < 0)
		return -1;
	image_config_init(&config);
	status = image_config_parse(str_span(&text), &config, err);
	*ret = config.platform;
	image_config_release(&config);
	return status;
}

/* `platform` NULL = not known. */
static int read_manifest(struct registry *registry, const struct image_ref *ref,
			 const struct fetched_manifest *fetched, const struct platform *platform,
			 struct image_layers *ret, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	struct platform found = { .os = "" };

	if (manifest_parse(str_span(&fetched->body), fetched->media_type, &manifest, err) < 0)
		return -1;
	if (platform)
		found = *platform;
	else if (read_platform(registry, ref, &manifest, &found, err) < 0)
		return -1;
	image_layers_add(ret, &found, &manifest.layers);
	return 0;
}

static int read_member(struct registry *registry, const struct image_ref *ref,
		       const struct descriptor *member, struct image_layers *ret, struct err *err)
{
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .media_type = NULL };
	AUTO(image_ref_release) struct image_ref one = IMAGE_REF_INIT;

	image_ref_copy(&one, ref);
	one.digest = member->digest;
	if (registry_fetch_manifest(registry, &one, &fetched, err) < 0)
		return -1;
	return read_manifest(registry, &one, &fetched, &member->platform, ret, err);
}

/* Attestations are for no board. */
static bool is_image(const struct descriptor *member)
{
	return media_type_is_manifest(member->media_type) && member->platform.os[0] &&
	       !str_eq(member->platform.os, "unknown");
}

static int read_index(struct registry *registry, const struct image_ref *ref,
		      const struct fetched_manifest *fetched, struct image_layers *ret,
		      struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };

	if (index_parse(str_span(&fetched->body), fetched->media_type, &index, err) < 0)
		return -1;
	VEC_FOREACH(member, &index.manifests) {
		if (is_image(member) && read_member(registry, ref, member, ret, err) < 0)
			return -1;
	}
	return 0;
}

int image_layers_read(struct registry *registry, const char *image, struct image_layers *ret,
		      struct err *err)
{
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .media_type = NULL };
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (image_ref_parse(image, &ref, err) < 0 ||
	    registry_fetch_manifest(registry, &ref, &fetched, err) < 0)
		return -1;
	return media_type_is_index(fetched.media_type)
		       ? read_index(registry, &ref, &fetched, ret, err)
		       : read_manifest(registry, &ref, &fetched, NULL, ret, err);
}

void image_layers_compare(const struct image_layers *before, const struct image_layers *after,
			  struct downloads *ret)
{
	VEC_FOREACH(item, after) {
		const struct platform_layers *old = find(before, &item->platform);
		struct download *download = VEC_ADD(ret);

		*download = (struct download){ .platform = item->platform };
		for (size_t i = 0; i < item->layers.len; i++) {
			download->whole_bytes += item->layers.items[i].size;
			download->all_layers++;
			if (old && has(&old->chains, &item->chains.items[i]))
				continue;
			download->bytes += item->layers.items[i].size;
			download->layers++;
			descriptor_copy(VEC_ADD(&download->new_layers), &item->layers.items[i]);
		}
	}
}

void downloads_release(struct downloads *downloads)
{
	VEC_FOREACH(download, downloads)
		descriptors_release(&download->new_layers);
	free(downloads->items);
	*downloads = (struct downloads){ .items = NULL };
}
