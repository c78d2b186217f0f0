/* Files in a running container deleted by its own rm: engines have no call for it. */
#ifndef LIVEPUSH_CONTAINER_RM_H
#define LIVEPUSH_CONTAINER_RM_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"
#include "device/engine.h"

/*
 * Absolute paths, with all that is below them; what is not there is fine. *ret_done false: nothing can be executed in it,
 * or it has no rm. Errors are ERR_NETWORK and ERR_CANCELLED only.
 */
WARN_UNUSED int container_rm(struct engine *engine, const char *container,
			     const struct strvec *paths, bool *ret_done, struct err *err);

#endif
