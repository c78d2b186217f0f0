/*
 * An image as the archive that a board's engine loads, without the blobs that are there already.
 *
 * For engines with layers of their own it is that of "docker save": manifest.json, and the names of all layers, those too that
 * are not in it. For engines that keep blobs (engine_keeps_blobs()) it is an OCI layout: the manifest arrives as it is, so that
 * the engine can be asked for it; the image has no name there before it is given one.
 */
#ifndef DEVICE_SHIPMENT_H
#define DEVICE_SHIPMENT_H

#include "image/config.h"
#include "image/manifest.h"
#include "image/store.h"

struct shipment {
	struct store *store;             /* borrowed, as all that is const here */
	const struct descriptor *target; /* the manifest */
	const char *name;                /* what the board calls it */
	bool is_layout;
	struct manifest manifest;
	struct image_config config;
	bool *known; /* by layer: it is left out */
};

/* `store`, `target` and `name` are set, all else is zero; the image is read from the store. ERR_INPUT: its config is of other layers. */
WARN_UNUSED int shipment_open(struct shipment *shipment, struct err *err);
void shipment_release(struct shipment *shipment);
/* Nothing is left out from now on; false when nothing was. */
bool shipment_make_whole(struct shipment *shipment);
/* Of what is not left out, without the archive's own frame. */
uint64_t shipment_size(const struct shipment *shipment);
/* As a producer of piped_source_new(); `data` is the shipment. */
WARN_UNUSED int shipment_write(void *data, int fd, struct err *err);

#endif
