/*
 * A build that is kept when it is done, so that what later changes of its contexts mean for the image is found out without
 * building: see solve/copied_files.h.
 */
#ifndef BUILDER_LIVE_BUILD_H
#define BUILDER_LIVE_BUILD_H

#include "builder/build.h"
#include "solve/copied_files.h"

struct live_build;

/*
 * The request with that index, and with it those that it is made from, which are among the others. Borrows the requests.
 * Errors as of build_run().
 */
WARN_UNUSED int live_build_run(const struct build_request *requests, size_t count, size_t index,
			       struct live_build **ret, struct build_result *ret_result,
			       struct err *err);
void live_build_free(struct live_build *build);
/*
 * How many of the image's layers, from the lowest one on, begin anew what the container runs when they change: those above
 * a dev-cmd-live. SIZE_MAX = all.
 */
size_t live_build_restart_layers(const struct live_build *build);
/* NULL: every change needs a build. */
struct copied_files *live_build_files(struct live_build *build);

#endif
