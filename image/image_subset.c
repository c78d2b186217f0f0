#include "image/image_subset.h"

#include "base/alloc.h"
#include "image/image_content.h"

static bool is_image_config(const char *media_type)
{
	return str_eq(media_type, MEDIA_OCI_CONFIG) || str_eq(media_type, MEDIA_DOCKER_CONFIG);
}

static bool is_chosen(const struct descriptors *chosen, const struct descriptor *member)
{
	VEC_FOREACH(one, chosen) {
		if (digest_equal(&one->digest, &member->digest))
			return true;
	}
	return false;
}

/* BuildKit's attestations name the manifest that they are about in an annotation. */
static bool attests_chosen(struct store *store, const struct descriptors *chosen,
			   const struct descriptor *member)
{
	const char *about = strmap_get(&member->annotations, "vnd.docker.reference.digest");
	struct descriptor subject = { .media_type = NULL };

	return about && digest_parse(about, &subject.digest, NULL) == 0 &&
	       is_chosen(chosen, &subject) && store_has_blob(store, &member->digest, NULL);
}

static int choose(const struct index *index, const struct platform *platforms, size_t count,
		  struct descriptors *ret, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct descriptor *member = NULL;

		if (index_select(index, &platforms[i], &member, err) < 0)
			return -1;
		if (!is_chosen(ret, member))
			descriptor_copy(VEC_ADD(ret), member);
	}
	return 0;
}

/* False when nothing falls out. */
static bool reduce(struct store *store, struct index *index, const struct descriptors *chosen)
{
	struct descriptors kept = { .items = NULL };
	bool is_less = false;

	VEC_FOREACH(member, &index->manifests) {
		if (is_chosen(chosen, member) || attests_chosen(store, chosen, member))
			descriptor_copy(VEC_ADD(&kept), member);
	}
	is_less = kept.len < index->manifests.len;
	descriptors_release(&index->manifests);
	index->manifests = kept;
	return is_less;
}

/* As a single image it is named, so without what only an index says. */
static void describe(const struct descriptor *member, struct descriptor *ret)
{
	*ret = (struct descriptor){ .media_type = xstrdup(member->media_type),
				    .digest = member->digest,
				    .size = member->size };
}

/* A single image is to serve one of them at least; what is no image, or has no config here, is for nobody to say. */
static int check_single(struct store *store, const struct descriptor *target,
			const struct platform *platforms, size_t count, struct err *err)
{
	AUTO(manifest_release) struct manifest manifest = { .media_type = NULL };
	AUTO(image_config_release) struct image_config config = { .author = NULL };
	char have[PLATFORM_TEXT_MAX], want[PLATFORM_TEXT_MAX];

	if (image_content_read_manifest(store, target, &manifest, err) < 0)
		return -1;
	if (!is_image_config(manifest.config.media_type) ||
	    !store_has_blob(store, &manifest.config.digest, NULL))
		return 0;
	if (image_content_read_config(store, &manifest.config, &config, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!config.platform.os[0] || platform_match(&config.platform, &platforms[i]) > 0)
			return 0;
	}
	err_set(err, ERR_UNSUPPORTED, "it is for %s and cannot serve %s",
		platform_format(&config.platform, have), platform_format(&platforms[0], want));
	return err_hint(err, "it is a single image: leave --platform out, or build it for %s",
			want);
}

int image_subset_make(struct store *store, const struct descriptor *target,
		      const struct platform *platforms, size_t count, struct descriptor *ret,
		      struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	AUTO(descriptors_release) struct descriptors chosen = { .items = NULL };

	if (!media_type_is_index(target->media_type) && count > 0 &&
	    check_single(store, target, platforms, count, err) < 0)
		return -1;
	if (count == 0 || !media_type_is_index(target->media_type)) {
		descriptor_copy(ret, target);
		return 0;
	}
	if (image_content_read_index(store, target, &index, err) < 0 ||
	    choose(&index, platforms, count, &chosen, err) < 0)
		return -1;
	if (count == 1) {
		describe(chosen.items, ret);
		return 0;
	}
	if (!reduce(store, &index, &chosen)) {
		descriptor_copy(ret, target);
		return 0;
	}
	return image_content_put_index(store, &index, ret, err);
}
