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

static bool is_in(const struct image_ref *image, const struct image_ref *repository)
{
	return str_eq(image->host, repository->host) &&
	       str_eq(image->repository, repository->repository);
}

static bool has_image(const struct release *release, const char *service, const char *image)
{
	return str_eq(strmap_get(&release->images, service), image);
}

static bool others_have(const struct catalogue *catalogue, const struct published *published,
			const struct strmap_item *image)
{
	VEC_FOREACH(other, catalogue) {
		if (other != published && has_image(&other->release, image->key, image->value))
			return true;
	}
	return false;
}

/* An image of another repository is not ours to remove. */
static int remove_image(struct registry *registry, const struct image_ref *repository,
			const struct strmap_item *image, struct strvec *ret_tags, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep) char *tag = NULL;

	if (image_ref_parse(image->value, &ref, NULL) < 0 || !is_in(&ref, repository) ||
	    !digest_is_set(&ref.digest) ||
	    release_image_tag(image->key, &ref.digest, &tag, NULL) < 0)
		return 0;
	return remove_tag(registry, repository, tag, ret_tags, err);
}

int release_remove(struct registry *registry, const struct image_ref *repository,
		   const struct catalogue *catalogue, const struct published *published,
		   struct strvec *ret_tags, struct err *err)
{
	AUTO(freep) char *draft = release_draft_tag(published->release.version);
	const char *tag = published->is_draft ? draft : published->release.version;

	if (published->channels.len > 0) {
		(void)err_set(err, ERR_DENIED, "boards of channel '%s' run release '%s'",
			      published->channels.items[0], published->release.version);
		return err_hint(err, "move the channel first: edgectl release promote");
	}
	if (remove_tag(registry, repository, tag, ret_tags, err) < 0)
		return -1;
	VEC_FOREACH(channel, &published->previous_of) {
		AUTO(freep) char *note = channel_previous_tag(*channel);

		if (remove_tag(registry, repository, note, ret_tags, err) < 0)
			return -1;
	}
	VEC_FOREACH(image, &published->release.images) {
		if (!others_have(catalogue, published, image) &&
		    remove_image(registry, repository, image, ret_tags, err) < 0)
			return -1;
	}
	return 0;
}
