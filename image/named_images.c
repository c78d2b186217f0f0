#include <string.h>

#include "base/alloc.h"
#include "image/layout.h"

void named_images_release(struct named_images *images)
{
	VEC_FOREACH(image, images) {
		free(image->name);
		descriptor_release(&image->target);
	}
	free(images->items);
	*images = (struct named_images){ .items = NULL };
}

/* The whole name, or its tag. */
static bool has_name(const struct named_image *image, const char *name)
{
	const char *colon = image->name ? strrchr(image->name, ':') : NULL;

	return str_eq(image->name, name) || (colon && str_eq(colon + 1, name));
}

static void cannot_choose(const struct named_images *images, const char *name, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	AUTO(freep) char *list = NULL;

	VEC_FOREACH(image, images) {
		if (image->name)
			strvec_add(&names, image->name);
	}
	list = strvec_join(&names, ", ");
	if (name)
		(void)err_set(err, ERR_NOT_FOUND, "there is no image '%s' in it", name);
	else
		(void)err_set(err, ERR_INPUT, "there are several images in it");
	if (names.len > 0)
		(void)err_hint(err, "name one of: %s", list);
}

const struct named_image *named_images_choose(const struct named_images *images, const char *name,
					      struct err *err)
{
	size_t same = 0;

	VEC_FOREACH(image, images) {
		if (name && has_name(image, name))
			return image;
		same += digest_equal(&image->target.digest, &images->items[0].target.digest);
	}
	if (!name && images->len > 0 && same == images->len)
		return images->items;
	cannot_choose(images, name, err);
	return NULL;
}
