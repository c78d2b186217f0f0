/*
 * A container's files brought from what one image has to what another one has, while it runs: what differs travels in one
 * archive, with owner, mode and time; then the program begins anew. The container needs no shell, and no tools unless
 * something is to be deleted.
 */
#ifndef DEVICE_CONTAINER_SYNC_H
#define DEVICE_CONTAINER_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "device/container_overlay.h"
#include "device/engine.h"
#include "image/layer.h"
#include "image/manifest.h"
#include "image/store.h"

enum sync_restart {
	SYNC_RESTART, /* by the engine */
	SYNC_SIGNAL,
	SYNC_NONE, /* the program watches its files itself */
};

struct container_sync {
	struct engine *engine;
	struct store *store;
	const char *container;         /* its id */
	const struct descriptor *from; /* what it has: a manifest of the store, with its layers */
	struct container_overlay
		*overlay; /* and what it has besides: kept up to date, whatever happens */
	const struct descriptor *to; /* what it is to have */
	enum sync_restart restart;
	size_t restart_layers; /* of images: only when one of so many layers from below differs; SIZE_MAX = always */
	const char *signal; /* for SYNC_SIGNAL */
	int stop_seconds;   /* until a program that does not end is killed */
};

enum sync_outcome {
	SYNC_DONE,
	SYNC_NOTHING, /* the files are the same */
	SYNC_NEEDS_NEW, /* it cannot be done in this container: its settings differ, or nothing can delete in it */
};

struct sync_report {
	enum sync_outcome outcome;
	const char *why; /* of SYNC_NEEDS_NEW */
	unsigned files;  /* put or deleted */
	uint64_t bytes;  /* of the archive */
	bool restarted;
	bool is_of_image; /* what was put came from an image */
};

/* Also starts the program anew when an earlier sync did not come to it. */
WARN_UNUSED int container_sync_run(const struct container_sync *sync, struct sync_report *ret,
				   struct err *err);

/* Changes that are known without an image. */
struct container_patch {
	const struct strvec *gone; /* relative paths; they go first, with all below them */
	size_t put_count;
	int (*put)(void *data, struct layer_sink *sink, struct err *err);
	void *data;
};

/* The same with these changes: `to` is not asked for. Never SYNC_NOTHING. */
WARN_UNUSED int container_sync_patch(const struct container_sync *sync,
				     const struct container_patch *patch, struct sync_report *ret,
				     struct err *err);

#endif
