/* Build-time volumes in cache keys. */
#ifndef SOLVE_STEP_VOLUME_H
#define SOLVE_STEP_VOLUME_H

#include "base/monitor.h"
#include "image/store.h"
#include "solve/graph.h"

/*
 * Adds a volume; the mount's strings are borrowed. Where it counts by its path, one inside of
 * `context_dir` counts by the path from there, so that two checkouts of a project are alike. Where
 * it counts by its content, that is read; hashes of its files are remembered in the store.
 */
WARN_UNUSED int step_volumes_add(struct step_volumes *volumes, const struct sandbox_mount *mount,
				 enum volume_cache cache, const char *context_dir,
				 struct store *store, const struct monitor *monitor,
				 struct err *err);
void step_volumes_release(struct step_volumes *volumes);

#endif
