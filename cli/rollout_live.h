/* The live table of a rollout: how many boards are how far, those in work, and those that failed. */
#ifndef CLI_ROLLOUT_LIVE_H
#define CLI_ROLLOUT_LIVE_H

#include "rollout_view.h"
#include "screen.h"

/* As much as fits on `size`; `now` in nanoseconds. */
void rollout_live_compose(const struct rollout_scene *scene, const struct screen_size *size,
			  uint64_t now, struct screen_lines *ret);
/* "wave 2 of 4", "canaries", "boards that could not be reached" */
void rollout_wave_name(const struct plan *plan, struct str *out);

#endif
