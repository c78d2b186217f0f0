/*
 * A published image on its way to a board: the board's engine pulls it; what it cannot have from the registry is pulled
 * here, once for all boards, and sent without the layers that it has.
 */
#ifndef DEVICE_BRING_H
#define DEVICE_BRING_H

#include "base/err.h"
#include "base/map.h"
#include "base/monitor.h"
#include "compose/project.h"
#include "device/engine.h"
#include "device/send.h"
#include "image/platform.h"
#include "image/store.h"
#include "registry/client.h"

/* Any number of threads may use one. */
struct image_supply;

/* Both borrowed; what is pulled here goes to the store. */
struct image_supply *image_supply_new(struct registry *registry, struct store *store);
void image_supply_freep(struct image_supply **supply);

struct brought_image {
	char *name;             /* that the board knows it by; NULL = as it was called */
	struct sent_image sent; /* id NULL = nothing was sent from here, now or before */
};

void brought_image_release(struct brought_image *image);
/* All borrowed. */
struct image_bringing {
	struct engine *engine;
	struct image_supply *supply;
	const struct platform *platform; /* NULL = the engine's own */
	const struct monitor *monitor;
};

/*
 * Afterwards the board has `image` of that platform, or all of it if there is none for that; nothing else has changed on it.
 * `service` is for messages.
 */
WARN_UNUSED int board_bring_image(const struct image_bringing *bringing, const char *service,
				  const char *image, struct brought_image *ret, struct err *err);
/* The same for those of its pre_start hooks: `ret_ids` gets the ids of what was sent, by image (device/deploy.h). */
WARN_UNUSED int board_bring_hook_images(const struct image_bringing *bringing,
					const struct compose_service *service,
					struct strmap *ret_ids, struct err *err);

#endif
