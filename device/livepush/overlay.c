#include "overlay.h"

#include <stdlib.h>

#include "base/alloc.h"

struct container_overlay *container_overlay_new(void)
{
	struct container_overlay *overlay = xcalloc(1, sizeof(*overlay));

	overlay->index = layer_index_new();
	return overlay;
}

void container_overlay_free(struct container_overlay *overlay)
{
	if (!overlay)
		return;
	layer_index_free(overlay->index);
	strvec_release(&overlay->sent);
	free(overlay);
}

void container_overlay_clear(struct container_overlay *overlay)
{
	layer_index_freep(&overlay->index);
	overlay->index = layer_index_new();
	strvec_clear(&overlay->sent);
	overlay->is_restart_due = false;
}

bool container_overlay_is_empty(const struct container_overlay *overlay)
{
	return layer_index_is_empty(overlay->index) && !overlay->is_restart_due;
}

bool container_overlay_is_restart_due(const struct container_overlay *overlay)
{
	return overlay->is_restart_due;
}

void overlay_begin_delete(struct container_overlay *overlay, const struct strvec *gone)
{
	overlay->is_restart_due |= gone->len > 0;
	VEC_FOREACH(path, gone)
		layer_index_doubt(overlay->index, *path);
}

void overlay_end_delete(struct container_overlay *overlay, const struct strvec *gone)
{
	VEC_FOREACH(path, gone)
		layer_index_delete(overlay->index, *path);
}

static int take_entry(struct layer_sink *sink, const struct layer_entry *entry, struct err *err)
{
	struct overlay_recorder *recorder = CONTAINER_OF(sink, struct overlay_recorder, sink);

	recorder->overlay->is_restart_due = true;
	strvec_add(&recorder->overlay->sent, entry->path);
	return recorder->recorder.sink.entry(&recorder->recorder.sink, entry, err);
}

static int take_data(struct layer_sink *sink, const void *data, size_t len, struct err *err)
{
	struct overlay_recorder *recorder = CONTAINER_OF(sink, struct overlay_recorder, sink);

	return recorder->recorder.sink.data(&recorder->recorder.sink, data, len, err);
}

void overlay_record(struct container_overlay *overlay, struct overlay_recorder *ret)
{
	*ret = (struct overlay_recorder){ .sink = { .entry = take_entry, .data = take_data },
					  .overlay = overlay };
	layer_recorder_init(&ret->recorder, overlay->index, LAYER_OF_CONTAINER);
}

void overlay_end(struct overlay_recorder *recorder, int status)
{
	struct container_overlay *overlay = recorder->overlay;

	layer_recorder_finish(&recorder->recorder);
	VEC_FOREACH(path, &overlay->sent) {
		if (status < 0)
			layer_index_doubt(overlay->index, *path);
	}
	strvec_clear(&overlay->sent);
}
