#include <stdlib.h>

#include "base/alloc.h"
#include "registry/repository.h"
#include "release/catalogue.h"
#include "release_tags.h"

static int check_image(struct registry *registry, const char *image, struct err *err)
{
	AUTO(fetched_manifest_release) struct fetched_manifest fetched = { .media_type = NULL };
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(err_release) struct err problem = ERR_INIT;

	if (image_ref_parse(image, &ref, err) < 0)
		return -1;
	if (registry_fetch_manifest(registry, &ref, &fetched, &problem) == 0)
		return 0;
	if (problem.kind != ERR_NOT_FOUND)
		return fail_with(err, &problem);
	(void)err_set(err, ERR_NOT_FOUND, "%s", problem.message);
	return err_hint(err, "'edgectl push' of the same source brings back what the registry has "
			     "lost");
}

int release_check_images(struct registry *registry, const struct release *release, struct err *err)
{
	VEC_FOREACH(image, &release->images) {
		if (check_image(registry, image->value, err) < 0)
			return err_wrap(err, "release '%s': service '%s'", release->version,
					image->key);
	}
	return 0;
}

int published_check(struct registry *registry, const struct image_ref *repository,
		    const struct published *published, struct err *err)
{
	AUTO(release_release) struct release release = RELEASE_INIT;
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	image_ref_copy(&ref, repository);
	free(TAKE(ref.tag));
	ref.digest = published->release.digest;
	if (release_read(registry, &ref, &release, err) < 0)
		return -1;
	return release_check_images(registry, &release, err);
}
