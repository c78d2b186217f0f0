#include "base/alloc.h"
#include "blob_fetch.h"
#include "manifest_fetch.h"
#include "resolve.h"

#define INDEX_DEPTH_MAX 4

/* What a pull is made of, while its manifests are read. */
struct pull {
	struct registry *registry;
	const struct image_ref *ref;
	struct pull_platforms platforms;
	struct store *store;
	struct descriptors blobs; /* layers, and configs of what is no image */
};

static int take_fetched(struct pull *pull, const struct fetched_manifest *fetched,
			const struct platform *want, unsigned depth, struct err *err);

static void add_blob(struct pull *pull, const struct descriptor *blob)
{
	descriptor_copy(VEC_ADD(&pull->blobs), blob);
}

static int check_config(struct pull *pull, const struct descriptor *config,
			const struct platform *want, struct err *err)
{
	struct image_config parsed;
	int result;

	if (config_fetch(pull->registry, pull->ref, config, pull->store, &parsed, err) < 0)
		return -1;
	result = config_check_platform(&parsed, want, err);
	image_config_release(&parsed);
	return result;
}

/*
 * `want` NULL = whatever it is for. Its config comes first: a wrong image is refused before its
 * layers are fetched.
 */
static int take_image(struct pull *pull, const struct fetched_manifest *fetched,
		      const struct platform *want, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };

	if (manifest_parse(str_span(&fetched->body), fetched->media_type, &manifest, err) < 0)
		return -1;
	if (want && check_config(pull, &manifest.config, want, err) < 0)
		return -1;
	add_blob(pull, &manifest.config);
	VEC_FOREACH(layer, &manifest.layers)
		add_blob(pull, layer);
	return 0;
}

static int take_member(struct pull *pull, const struct descriptor *member,
		       const struct platform *want, unsigned depth, struct err *err)
{
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .body = STR_INIT };

	if (manifest_fetch_member(pull->registry, pull->ref, member, pull->store, &fetched, err) <
	    0)
		return -1;
	return take_fetched(pull, &fetched, want, depth + 1, err);
}

static int take_index(struct pull *pull, const struct fetched_manifest *fetched,
		      const struct platform *want, unsigned depth, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *chosen = NULL;

	if (depth >= INDEX_DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "indexes within indexes, more than %d deep",
			       INDEX_DEPTH_MAX);
	if (index_parse(str_span(&fetched->body), fetched->media_type, &index, err) < 0)
		return -1;
	if (want) {
		if (index_select(&index, want, &chosen, err) < 0)
			return -1;
		return take_member(pull, chosen, want, depth, err);
	}
	if (manifests_fetch(pull->registry, pull->ref, pull->store, &index.manifests, err) < 0)
		return -1;
	VEC_FOREACH(member, &index.manifests) {
		if (take_member(pull, member, NULL, depth, err) < 0)
			return -1;
	}
	return 0;
}

static int take_fetched(struct pull *pull, const struct fetched_manifest *fetched,
			const struct platform *want, unsigned depth, struct err *err)
{
	if (media_type_is_index(fetched->media_type))
		return take_index(pull, fetched, want, depth, err);
	return take_image(pull, fetched, want, err);
}

static bool has_platform(const struct fetched_manifest *fetched, const struct platform *platform)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *selected = NULL;

	return media_type_is_index(fetched->media_type) &&
	       index_parse(str_span(&fetched->body), fetched->media_type, &index, NULL) == 0 &&
	       index_select(&index, platform, &selected, NULL) == 0;
}

static bool wants_all(const struct pull *pull, const struct fetched_manifest *fetched)
{
	const struct pull_platforms *platforms = &pull->platforms;

	return platforms->count == 0 ||
	       (platforms->or_all && !has_platform(fetched, platforms->items));
}

static int take_platforms(struct pull *pull, const struct fetched_manifest *fetched,
			  struct err *err)
{
	if (wants_all(pull, fetched))
		return take_fetched(pull, fetched, NULL, 0, err);
	for (size_t i = 0; i < pull->platforms.count; i++) {
		if (take_fetched(pull, fetched, &pull->platforms.items[i], 0, err) < 0)
			return -1;
	}
	return 0;
}

static int pull_all(struct pull *pull, const struct fetch_target *target,
		    struct fetched_manifest *ret, struct err *err)
{
	if (manifest_fetch(pull->registry, pull->ref, pull->store, ret, err) < 0 ||
	    take_platforms(pull, ret, err) < 0)
		return -1;
	return blobs_fetch(pull->registry, pull->ref, &pull->blobs, target, err);
}

int registry_pull(struct registry *registry, const struct image_ref *ref,
		  const struct pull_platforms *platforms, const struct fetch_target *target,
		  struct descriptor *ret, struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .body = STR_INIT };
	AUTO(freep) char *name = image_ref_format_short(ref);
	struct pull pull = {
		.registry = registry,
		.ref = ref,
		.platforms = platforms ? *platforms : (struct pull_platforms){ .count = 0 },
		.store = target->store,
	};
	int result = pull_all(&pull, target, &fetched, err);

	descriptors_release(&pull.blobs);
	if (result < 0)
		return err_wrap(err, "pull '%s'", name);
	*ret = (struct descriptor){
		.media_type = TAKE(fetched.media_type),
		.digest = fetched.digest,
		.size = fetched.body.len,
	};
	return 0;
}
