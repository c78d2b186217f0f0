/*
 * A release, and how one board gets it: the images first, before anything is stopped; then the containers, which are
 * watched until they have been healthy for a while; else the board is put back to what it had.
 */
#ifndef ROLLOUT_DELIVERY_H
#define ROLLOUT_DELIVERY_H

#include "compose/load.h"
#include "device/bring.h"
#include "device/deploy.h"
#include "release/release.h"
#include "rollout/rollout.h"

/* Labels of containers: which release made them. They do not count for whether one is made anew. */
#define RELEASE_LABEL        "io.edgectl.release"
#define RELEASE_LABEL_DIGEST "io.edgectl.release.digest"

struct delivery;

/* All borrowed. */
struct delivery_options {
	struct registry *registry;
	struct image_supply *supply;
	const struct release *release; /* with its images */
	/* Reads its compose file, once for each board; by one thread at a time. */
	int (*load)(const void *data, struct compose **ret, struct err *err);
	const void *load_data;
	struct deploy_health health;
};

/* The caller frees. */
struct delivery *delivery_new(const struct delivery_options *options);
void delivery_freep(struct delivery **delivery);
/*
 * Does the registry have all its images? ERR_NOT_FOUND names the service; whatever it is, no board has been touched. Then
 * the file is read once: ERR_INPUT.
 */
WARN_UNUSED int delivery_check(struct delivery *delivery, struct err *err);
/* For struct rollout: `data` is the delivery. */
WARN_UNUSED int delivery_bring(void *data, const struct rollout_board *board,
			       const struct monitor *monitor, struct board_report *ret,
			       struct err *err);
/* Only looks: which release does it run now? */
WARN_UNUSED int delivery_look(void *data, const struct rollout_board *board,
			      const struct monitor *monitor, struct board_report *ret,
			      struct err *err);

#endif
