/* The order in which a release comes to be: build, images, the release, and last of all its channel. */
#ifndef CLI_FLEET_PUBLISH_H
#define CLI_FLEET_PUBLISH_H

#include "deploy_project.h"
#include "fleet_push.h"
#include "fleet_site.h"
#include "release/catalogue.h"
#include "release_source.h"
#include "session.h"

/* All borrowed. */
struct fleet_publishing {
	const struct fleet_push_args *args;
	const struct fleet_site *site;
	struct deploy_project *project; /* open; its model is changed */
	struct session *session;
	const struct release_source *source;
	struct str *digest; /* of the release, with a newline */
};

/*
 * Interrupted anywhere, it has changed nothing that a board sees, and the next time goes on from there. Says in the
 * summary what was built and what was sent.
 */
WARN_UNUSED int fleet_publish(struct fleet_publishing *p, struct err *err);

#endif
