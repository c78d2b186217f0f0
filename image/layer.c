#include "image/layer.h"

#include <stdlib.h>

void layer_xattrs_release(struct layer_xattrs *xattrs)
{
	VEC_FOREACH(xattr, xattrs) {
		free(xattr->name);
		free(xattr->value);
	}
	free(xattrs->items);
	*xattrs = (struct layer_xattrs){ .items = NULL };
}

void layer_release(struct layer *layer)
{
	descriptor_release(&layer->blob);
	*layer = (struct layer){ .uncompressed_size = 0 };
}

static int tee_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct layer_tee *tee = CONTAINER_OF(sink, struct layer_tee, sink);

	if (tee->first && tee->first->entry(tee->first, entry, err) < 0)
		return -1;
	return tee->second ? tee->second->entry(tee->second, entry, err) : 0;
}

static int tee_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct layer_tee *tee = CONTAINER_OF(sink, struct layer_tee, sink);

	if (tee->first && tee->first->data(tee->first, data, len, err) < 0)
		return -1;
	return tee->second ? tee->second->data(tee->second, data, len, err) : 0;
}

void layer_tee_init(struct layer_tee *tee, struct layer_sink *first, struct layer_sink *second)
{
	*tee = (struct layer_tee){
		.sink = { .entry = tee_entry, .data = tee_data },
		.first = first,
		.second = second,
	};
}
