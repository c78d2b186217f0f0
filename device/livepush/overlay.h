/*
 * What has been done to a container's files, while it is done: what came over is known by its content; what may have come over
 * before a connection broke is in doubt, and different from all that it is compared with.
 */
#ifndef LIVEPUSH_OVERLAY_H
#define LIVEPUSH_OVERLAY_H

#include "base/vec.h"
#include "device/container_overlay.h"
#include "image/layer.h"
#include "image/layer_index.h"

struct container_overlay {
	struct layer_index *index;
	struct strvec sent; /* paths that are on their way */
	bool is_restart_due;
};

/* Paths that are being deleted; then, that they are gone. */
void overlay_begin_delete(struct container_overlay *overlay, const struct strvec *gone);
void overlay_end_delete(struct container_overlay *overlay, const struct strvec *gone);
/* Takes note of an archive's entries, in the caller's storage. */
struct overlay_recorder {
	struct layer_sink sink;
	struct container_overlay *overlay;
	struct layer_recorder recorder;
};
void overlay_record(struct container_overlay *overlay, struct overlay_recorder *ret);
/* The archive is over: whether it came over is `status` 0 or -1. */
void overlay_end(struct overlay_recorder *recorder, int status);

#endif
