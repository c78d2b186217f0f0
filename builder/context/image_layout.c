#include "context/image_layout.h"

#include "image/layout.h"

int image_layout_import(const struct image_layout_request *request, struct descriptor *ret,
			struct err *err)
{
	const struct layout_request layout = {
		.dir = request->dir,
		.tag = request->tag,
		.digest = request->digest,
		.platforms = request->platform,
		.platform_count = 1,
		.store = request->store,
		.monitor = request->monitor,
	};
	AUTO(named_images_release) struct named_images images = { .items = NULL };

	if (layout_read(&layout, &images, err) < 0)
		return -1;
	descriptor_copy(ret, &images.items[0].target);
	return 0;
}
