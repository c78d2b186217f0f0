#include "resolve.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "blob_fetch.h"
#include "manifest_fetch.h"

void resolved_image_release(struct resolved_image *image)
{
	manifest_release(&image->manifest);
	image_config_release(&image->config);
}

int config_fetch(struct registry *registry, const struct image_ref *ref,
		 const struct descriptor *config, struct store *store, struct image_config *ret,
		 struct err *err)
{
	struct descriptor borrowed = *config;
	const struct descriptors one = { .items = &borrowed, .len = 1 };
	AUTO(str_release) struct str text = STR_INIT;

	if (config->size > LIMIT_CONFIG)
		return err_set(err, ERR_LIMIT, "the image's config is larger than %zu MiB",
			       LIMIT_CONFIG / LIMIT_MIB);
	if (blobs_fetch_quietly(registry, ref, store, &one, err) < 0 ||
	    store_read_blob(store, &config->digest, LIMIT_CONFIG, &text, err) < 0)
		return -1;
	return image_config_parse(str_span(&text), ret, err);
}

int config_check_platform(const struct image_config *config, const struct platform *want,
			  struct err *err)
{
	char have_text[PLATFORM_TEXT_MAX], want_text[PLATFORM_TEXT_MAX];

	if (platform_match(&config->platform, want) > 0)
		return 0;
	err_set(err, ERR_UNSUPPORTED, "it is for %s and cannot serve %s",
		platform_format(&config->platform, have_text), platform_format(want, want_text));
	return err_hint(err, "use an image that has %s, or build for %s", want_text, have_text);
}

/* --- one image --- */

static int take_manifest(struct registry *registry, const struct image_ref *ref,
			 const struct platform *platform, struct store *store,
			 const struct fetched_manifest *fetched, struct resolved_image *ret,
			 struct err *err)
{
	if (manifest_parse(str_span(&fetched->body), fetched->media_type, &ret->manifest, err) < 0)
		return -1;
	ret->digest = fetched->digest;
	if (config_fetch(registry, ref, &ret->manifest.config, store, &ret->config, err) < 0) {
		manifest_release(&ret->manifest);
		return -1;
	}
	if (config_check_platform(&ret->config, platform, err) == 0)
		return 0;
	resolved_image_release(ret);
	return -1;
}

static int take_index(struct registry *registry, const struct image_ref *ref,
		      const struct platform *platform, struct store *store,
		      const struct fetched_manifest *fetched, struct resolved_image *ret,
		      struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	AUTO(fetched_manifest_release) struct fetched_manifest member = { .body = STR_INIT };
	const struct descriptor *chosen = NULL;

	if (index_parse(str_span(&fetched->body), fetched->media_type, &index, err) < 0 ||
	    index_select(&index, platform, &chosen, err) < 0 ||
	    manifest_fetch_member(registry, ref, chosen, store, &member, err) < 0)
		return -1;
	ret->index_digest = fetched->digest;
	return take_manifest(registry, ref, platform, store, &member, ret, err);
}

int registry_resolve(struct registry *registry, const struct image_ref *ref,
		     const struct platform *platform, struct store *store,
		     struct resolved_image *ret, struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .body = STR_INIT };
	struct resolved_image image = { .digest = { .text = "" } };
	bool is_index;

	if (manifest_fetch(registry, ref, store, &fetched, err) < 0)
		return -1;
	is_index = media_type_is_index(fetched.media_type);
	if ((is_index ? take_index : take_manifest)(registry, ref, platform, store, &fetched,
						    &image, err) < 0)
		return -1;
	*ret = image;
	return 0;
}
