/* What the commands `edgectl release ...` do first: find the fleet, connect, read what it has. */
#ifndef CLI_RELEASE_SITE_H
#define CLI_RELEASE_SITE_H

#include "fleet_site.h"
#include "registry_option.h"
#include "release/catalogue.h"
#include "scratch_store.h"
#include "session.h"

/* In the caller's storage, which must not move. */
struct release_site {
	struct app *app;
	struct fleet_site fleet;
	struct session session;
	struct catalogue catalogue;
};

#define RELEASE_SITE_INIT                                                                      \
	{                                                                                      \
		.fleet = FLEET_SITE_INIT, .session = SESSION_INIT, .catalogue = CATALOGUE_INIT \
	}

/* `word` is the fleet's. Release it in any case. */
WARN_UNUSED int release_site_open(struct app *app, const char *word,
				  const struct registry_args *args, struct release_site *ret,
				  struct err *err);
/* The same with a session of one's own kind. */
WARN_UNUSED int release_site_open_with(struct app *app, const char *word,
				       const struct session_options *options,
				       struct release_site *ret, struct err *err);
void release_site_release(struct release_site *site);
/* session_finish(), then prints what there is in `text`. */
WARN_UNUSED int release_site_finish(struct release_site *site, int status, const struct str *text,
				    struct err *err);
/* Opens it, lets `act` do its part, which writes what is to be printed, and finishes. */
WARN_UNUSED int release_site_run(struct app *app, const char *word,
				 const struct registry_args *registry,
				 int (*act)(struct release_site *site, const void *args,
					    struct str *out, struct err *err),
				 const void *args, struct err *err);
/*
 * Moves a channel from `from`, NULL for one that is empty, to `to`, and says so on stdout, unless nothing is to be
 * moved. ERR_NOT_FOUND when the registry has lost an image of it.
 */
WARN_UNUSED int release_site_move(struct release_site *site, const char *channel,
				  const struct published *from, const struct published *to,
				  struct str *out, struct err *err);

#endif
