/* One service of a live session: what its container has, what is to come into it, and how. */
#ifndef CLI_LIVE_SERVICE_H
#define CLI_LIVE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "builder/inputs.h"
#include "builder/live_build.h"
#include "deploy_run.h"
#include "device/container_sync.h"
#include "device/watcher.h"
#include "live_rules.h"
#include "live_view.h"

struct live_service {
	/* Borrowed, as its name is. */
	struct deployment_session *deployment;
	struct live_view *view;

	const char *name;
	bool is_built;
	size_t index;                      /* among what is built */
	struct descriptor image;           /* what its container has ... */
	struct container_overlay *overlay; /* ... and this on top */
	struct live_build
		*build; /* of that image; NULL = what changes has to be built to be known */
	struct build_inputs inputs;
	enum sync_restart restart;
	const char *signal;
	bool is_taken; /* somebody else has deployed the service: see live_service_update() */
	size_t restart_layers; /* of the image that begin the program anew: see live_build_restart_layers() */
	struct live_rules rules; /* develop.watch; they rule where there are some */

	/* What is due: */
	struct strvec paths; /* of its contexts that have changed */
	bool needs_build;    /* whatever has changed, it is to be built */
	uint64_t
		patched_at; /* files were put that no image has yet; 0 = none, ms as of monotonic_ms() */
};

/* Of what is built when `is_built`; its rules are opened. Release it in any case. */
WARN_UNUSED int live_service_open(struct live_service *service, const struct compose_service *model,
				  struct err *err);
void live_service_release(struct live_service *service);

/* What has changed, as far as it is one of its files. */
WARN_UNUSED int live_service_take(struct live_service *service,
				  const struct watcher_changes *changes, struct err *err);
/* Is that path something that it is built of? */
bool live_service_has(const struct live_service *service, const char *path);
bool live_service_is_due(const struct live_service *service);
/*
 * Does what is due. `begun` for the line that is shown. Whatever the error, it is due no more, but for ERR_CANCELLED and
 * ERR_NETWORK. A container that is gone is made anew; where another one of the service stands in its place, that is an error,
 * and the service is_taken from then on.
 */
WARN_UNUSED int live_service_update(struct live_service *service, uint64_t begun, struct err *err);
/*
 * Builds the image of which the container has the files already, and brings over what is different after all. Stops when
 * something changes here (`watch_fd` is readable): then it is due again later.
 */
WARN_UNUSED int live_service_prove(struct live_service *service, int watch_fd, struct err *err);

#endif
