/* `edgectl push FLEET`: from the project here to a release in the fleet's registry. */
#ifndef CLI_FLEET_PUSH_H
#define CLI_FLEET_PUSH_H

#include "app.h"
#include "registry_option.h"

struct fleet_push_args {
	const char *channel, *note, *version;
	struct strvec release_tags, services, platforms, boards;
	bool draft, dry_run;
	bool with_env; /* what looks like a credential, too */
};

/* All borrowed; prints the release's digest when the transfer is quiet. */
WARN_UNUSED int fleet_push_run(struct app *app, const char *name,
			       const struct fleet_push_args *args,
			       const struct transfer_args *transfer, struct err *err);

#endif
