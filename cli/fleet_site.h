/* The word FLEET of a command: a fleet of edgectl.yaml, or the repository of one, for machines that have no project. */
#ifndef CLI_FLEET_SITE_H
#define CLI_FLEET_SITE_H

#include "app.h"
#include "config/fleet.h"
#include "image/reference.h"

struct fleet_site {
	struct fleets fleets;
	const struct fleet *fleet; /* NULL = named by its repository */
	struct image_ref
		repository; /* with the tag of the fleet's channel, "latest" for a repository */
};

#define FLEET_SITE_INIT                \
	{                              \
		.fleets = FLEETS_INIT, \
	}

/* ERR_NOT_FOUND with the nearest name; ERR_INPUT when nobody says in which registry the fleet is. */
WARN_UNUSED int fleet_site_find(struct app *app, const char *word, struct fleet_site *ret,
				struct err *err);
void fleet_site_release(struct fleet_site *site);
/* "stable", without an answer from elsewhere. */
const char *fleet_site_channel(const struct fleet_site *site);
/* Is it the name of a fleet here? Files that are wrong are an error only if there are some. */
WARN_UNUSED int fleet_site_is_fleet(struct app *app, const char *word, bool *ret, struct err *err);

#endif
