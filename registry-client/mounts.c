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

static void add_images(struct store *store, const struct image_ref *target, struct mounts *ret)
{
	struct stored_images images = { .items = NULL };

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

static void add_remembered(const struct presence *presence, struct store *store,
			   const struct image_ref *target, const struct digest *digest,
			   struct mounts *ret)
{
	AUTO(str_release) struct str recalled = STR_INIT;
	const char *repository = presence_source(presence, target, digest);

	if (!repository) {
		presence_recall(store, target, digest, &recalled);
		repository = recalled.ptr;
	}
	if (*repository && !str_eq(repository, target->repository))
		strmap_set(&ret->repositories, digest->text, repository);
}

/* The surer knowledge comes last and replaces the other. */
void mounts_find(const struct presence *presence, struct store *store,
		 const struct image_ref *target, const struct descriptors *blobs,
		 struct mounts *ret)
{
	*ret = (struct mounts){ .repositories = STRMAP_INIT };
	add_images(store, target, ret);
	VEC_FOREACH(blob, blobs)
		add_remembered(presence, store, target, &blob->digest, ret);
}

const char *mounts_source(const struct mounts *mounts, const struct digest *digest)
{
	return strmap_get(&mounts->repositories, digest->text);
}

void mounts_release(struct mounts *mounts)
{
	strmap_release(&mounts->repositories);
}
