#include <stdlib.h>

#include "base/alloc.h"
#include "registry/repository.h"
#include "release/catalogue.h"
#include "release_tags.h"

static int remove_tag(struct registry *registry, const struct image_ref *repository,
		      const char *tag, struct strvec *ret_tags, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(err_release) struct err problem = ERR_INIT;

	image_ref_copy(&ref, repository);
	free(ref.tag);
	ref.tag = xstrdup(tag);
	if (registry_delete(registry, &ref, &problem) < 0)
		return problem.kind == ERR_NOT_FOUND ? 0 : fail_with(err, &problem);
	if (ret_tags)
		strvec_add(ret_tags, tag);
	return 0;
}

int catalogue_sweep(struct registry *registry, const struct image_ref *repository,
		    const struct catalogue *catalogue, struct strvec *ret_tags, struct err *err)
{
	VEC_FOREACH(tag, &catalogue->remains) {
		AUTO(err_release) struct err problem = ERR_INIT;

		/* who may no longer delete can leave them */
		if (remove_tag(registry, repository, *tag, ret_tags, &problem) < 0 &&
		    problem.kind != ERR_UNSUPPORTED && problem.kind != ERR_DENIED)
			return fail_with(err, &problem);
	}
	return 0;
}

static bool is_in(const struct image_ref *image, const struct image_ref *repository)
{
	return str_eq(image->host, repository->host) &&
	       str_eq(image->repository, repository->repository);
}

static bool has_image(const struct release *release, const char *service, const char *image)
{
	return str_eq(strmap_get(&release->images, service), image);
}

static bool is_removed(const struct removal *removal, const struct published *published)
{
	for (size_t i = 0; i < removal->count; i++) {
		if (removal->releases[i] == published)
			return true;
	}
	return false;
}

static bool others_have(const struct removal *removal, const struct strmap_item *image)
{
	VEC_FOREACH(other, removal->catalogue) {
		if (!is_removed(removal, other) &&
		    (other->is_damaged || has_image(&other->release, image->key, image->value)))
			return true;
	}
	return false;
}

/* An image of another repository is not ours to remove. */
static int remove_image(const struct removal *removal, const struct strmap_item *image,
			struct strvec *ret_tags, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep) char *tag = NULL;

	if (image_ref_parse(image->value, &ref, NULL) < 0 || !is_in(&ref, removal->repository) ||
	    !digest_is_set(&ref.digest) ||
	    release_image_tag(image->key, &ref.digest, &tag, NULL) < 0)
		return 0;
	return remove_tag(removal->registry, removal->repository, tag, ret_tags, err);
}

static int remove_tags(const struct removal *removal, const struct strvec *tags,
		       struct strvec *ret_tags, struct err *err)
{
	VEC_FOREACH(tag, tags) {
		if (remove_tag(removal->registry, removal->repository, *tag, ret_tags, err) < 0)
			return -1;
	}
	return 0;
}

/* No rollback leads to it any more. */
static int forget(const struct removal *removal, const struct published *published,
		  struct strvec *ret_tags, struct err *err)
{
	AUTO(strvec_release) struct strvec tags = STRVEC_INIT;

	VEC_FOREACH(channel, &published->previous_of)
		strvec_take(&tags, channel_previous_tag(*channel));
	return remove_tags(removal, &tags, ret_tags, err);
}

static int remove_release(const struct removal *removal, const struct published *published,
			  struct strvec *ret_tags, struct err *err)
{
	AUTO(strvec_release) struct strvec tags = STRVEC_INIT;

	if (published->has_version_tag)
		strvec_add(&tags, published->release.version);
	if (published->has_draft_tag)
		strvec_take(&tags, release_draft_tag(published->release.version));
	return remove_tags(removal, &tags, ret_tags, err);
}

static int remove_images(const struct removal *removal, const struct published *published,
			 struct strvec *ret_tags, struct err *err)
{
	VEC_FOREACH(image, &published->release.images) {
		if (!others_have(removal, image) && remove_image(removal, image, ret_tags, err) < 0)
			return -1;
	}
	return 0;
}

static int check(const struct removal *removal, struct err *err)
{
	for (size_t i = 0; i < removal->count; i++) {
		const struct published *published = removal->releases[i];

		if (published->channels.len == 0)
			continue;
		(void)err_set(err, ERR_DENIED, "boards of channel '%s' run release '%s'",
			      published->channels.items[0], published->release.version);
		return err_hint(err, "move the channel first: edgectl release promote");
	}
	return 0;
}

int release_remove(const struct removal *removal, struct strvec *ret_tags, struct err *err)
{
	if (check(removal, err) < 0 || catalogue_sweep(removal->registry, removal->repository,
						       removal->catalogue, ret_tags, err) < 0)
		return -1;
	/* the release's own tags last: whoever is interrupted can find it again */
	for (size_t i = 0; i < removal->count; i++) {
		if (forget(removal, removal->releases[i], ret_tags, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < removal->count; i++) {
		if (remove_images(removal, removal->releases[i], ret_tags, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < removal->count; i++) {
		if (remove_release(removal, removal->releases[i], ret_tags, err) < 0)
			return -1;
	}
	return 0;
}
