#include "mounts.h"

#include "push_plan.h"

static void add_image(struct store *store, const struct descriptor *image, const char *repository,
		      struct mounts *ret)
{
	AUTO(push_plan_release) struct push_plan plan = { .blobs = { .items = NULL } };

	/* An image that is half there tells nothing, and is nobody's fault here. */
	if (push_plan_make(store, image, &plan, NULL) < 0)
		return;
	VEC_FOREACH(blob, &plan.blobs)
		strmap_set(&ret->repositories, blob->digest.text, repository);
}

void mounts_find(struct store *store, const struct image_ref *target, struct mounts *ret)
{
	struct stored_images images = { .items = NULL };

	*ret = (struct mounts){ .repositories = STRMAP_INIT };
	if (store_list(store, &images, NULL) < 0)
		return;
	VEC_FOREACH(image, &images) {
		AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

		if (image_ref_parse(image->name, &ref, NULL) == 0 &&
		    str_eq(ref.host, target->host) && !str_eq(ref.repository, target->repository))
			add_image(store, &image->target, ref.repository, ret);
	}
	stored_images_release(&images);
}

const char *mounts_source(const struct mounts *mounts, const struct digest *digest)
{
	return strmap_get(&mounts->repositories, digest->text);
}

void mounts_release(struct mounts *mounts)
{
	strmap_release(&mounts->repositories);
}
