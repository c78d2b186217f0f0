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

enum layer_entry_type layer_entry_type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return LAYER_DIR;
	case S_IFLNK: return LAYER_SYMLINK;
	case S_IFCHR: return LAYER_CHAR;
	case S_IFBLK: return LAYER_BLOCK;
	case S_IFIFO: return LAYER_FIFO;
	default: return LAYER_FILE;
	}
}

const char *layer_media_type(enum compression compression, bool docker)
{
	switch (compression) {
	case COMPRESSION_GZIP: return docker ? MEDIA_DOCKER_LAYER : MEDIA_OCI_LAYER_GZIP;
	case COMPRESSION_ZSTD: return docker ? MEDIA_DOCKER_LAYER_ZSTD : MEDIA_OCI_LAYER_ZSTD;
	case COMPRESSION_NONE:
	default: return docker ? MEDIA_DOCKER_LAYER_TAR : MEDIA_OCI_LAYER;
	}
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
