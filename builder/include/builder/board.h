/*
 * The board that a build is for, as far as files are chosen and filled in by it: its names are plain
 * words here, whoever knows what they stand for.
 */
#ifndef BUILDER_BOARD_H
#define BUILDER_BOARD_H

#include "base/map.h"

/* All borrowed. */
struct build_board {
	const char *slug;    /* balena's device type, "raspberrypi4-64" */
	const char *arch;    /* balena's word for its processor, "aarch64" */
	const char *service; /* of a compose file; NULL = main */
	const char *app;     /* the fleet; NULL = unknown */
	const char *release; /* NULL = not known yet */
};

/*
 * What %%NAME%% stands for in Dockerfile templates: BALENA_ARCH, BALENA_MACHINE_NAME,
 * BALENA_SERVICE_NAME, BALENA_APP_NAME, BALENA_RELEASE_HASH, and each with RESIN_. What is unknown is
 * not set.
 */
void build_board_template_values(const struct build_board *board, struct strmap *ret);

#endif
