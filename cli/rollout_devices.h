/* The boards of `edgectl rollout --devices`. */
#ifndef CLI_ROLLOUT_DEVICES_H
#define CLI_ROLLOUT_DEVICES_H

#include "base/vec.h"
#include "rollout/rollout.h"

/*
 * Each of `lists` is words between commas: "all", which is every board of the address book that belongs to one of
 * `fleets`; "@FILE", of which every line is one, "@-" the standard input; else the name of a board, or its address. A board
 * that is named twice is there once, in the order of its first naming. ERR_USAGE when there is none.
 */
WARN_UNUSED int rollout_devices_find(const struct strvec *lists, const struct strvec *fleets,
				     struct rollout_boards *ret, struct err *err);

#endif
