/* Images of a board's engine (Engine API, "Image"). */
#ifndef DEVICE_IMAGE_H
#define DEVICE_IMAGE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"
#include "device/archive.h"
#include "device/engine.h"

/* The engine's description; the caller releases it. ERR_NOT_FOUND when there is no such image. */
WARN_UNUSED int board_image_inspect(struct engine *engine, const char *name, json_t **ret,
				    struct err *err);
/* Of all that it has. */
WARN_UNUSED int board_image_ids(struct engine *engine, struct strvec *ret, struct err *err);
/*
 * How many of an image's layers, from the first one on, an image of the engine has as well: what a load need not bring
 * again. `diff_ids` in the image's order ("sha256:...").
 */
WARN_UNUSED int board_image_known_layers(struct engine *engine, const struct strvec *diff_ids,
					 size_t *ret_count, struct err *err);
/*
 * Loads an archive (docker save, or an OCI layout). ERR_SYSTEM with the engine's words when it refuses. An engine with layers of
 * its own takes all of it or nothing; one with the containerd store may have an image afterwards that it could not unpack.
 */
WARN_UNUSED int board_image_load(struct engine *engine, const struct byte_source *source,
				 struct err *err);
/* The engine pulls it from its registry, with `auth` (registry/login.h; NULL = as nobody). platform NULL = its own. `step` receives the progress. */
WARN_UNUSED int board_image_pull(struct engine *engine, const char *name, const char *platform,
				 const char *auth, const struct monitor *monitor, unsigned step,
				 struct err *err);
WARN_UNUSED int board_image_tag(struct engine *engine, const char *image, const char *name,
				struct err *err);
/* Only the name when others are left; in use or absent is fine. */
WARN_UNUSED int board_image_remove(struct engine *engine, const char *name, struct err *err);

#endif
