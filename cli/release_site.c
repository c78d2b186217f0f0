#include "release_site.h"

#include "base/alloc.h"
#include "release_memory.h"

void release_site_release(struct release_site *site)
{
	catalogue_release(&site->catalogue);
	session_release(&site->session);
	fleet_site_release(&site->fleet);
}

int release_site_open_with(struct app *app, const char *word, const struct session_options *options,
			   struct release_site *ret, struct err *err)
{
	int status;

	ret->app = app;
	if (fleet_site_find(app, word, &ret->fleet, err) < 0 ||
	    session_open(options, &ret->session, err) < 0)
		return -1;
	status =
		catalogue_read(ret->session.registry, &ret->fleet.repository, &ret->catalogue, err);
	if (status < 0)
		return session_finish(&ret->session, app, status, err);
	release_memory_keep(&ret->fleet.repository, &ret->catalogue);
	return 0;
}

int release_site_open(struct app *app, const char *word, const struct registry_args *args,
		      struct release_site *ret, struct err *err)
{
	struct session_options options = registry_args_to_ask(args);

	options.without_store = true;
	return release_site_open_with(app, word, &options, ret, err);
}

int release_site_finish(struct release_site *site, int status, const struct str *text,
			struct err *err)
{
	if (session_finish(&site->session, site->app, status, err) < 0)
		return -1;
	return app_print(text, err);
}

int release_site_run(struct app *app, const char *word, const struct registry_args *registry,
		     int (*act)(struct release_site *site, const void *args, struct str *out,
				struct err *err),
		     const void *args, struct err *err)
{
	AUTO(release_site_release) struct release_site site = RELEASE_SITE_INIT;
	AUTO(str_release) struct str text = STR_INIT;

	if (release_site_open(app, word, registry, &site, err) < 0)
		return -1;
	return release_site_finish(&site, act(&site, args, &text, err), &text, err);
}

int release_site_move(struct release_site *site, const char *channel, const struct published *from,
		      const struct published *to, struct str *out, struct err *err)
{
	AUTO(scratch_store_release) struct scratch_store scratch = SCRATCH_STORE_INIT;
	const struct digest nothing = { .text = "" };
	struct channel_move move = { .registry = site->session.registry,
				     .repository = &site->fleet.repository,
				     .channel = channel,
				     .from = from ? &from->release.digest : &nothing,
				     .to = &to->release.digest };

	if (from == to) {
		str_addf(out, "channel %s has release %s already\n", channel, to->release.version);
		return 0;
	}
	/* boards follow the channel at once */
	if (published_check(move.registry, move.repository, to, err) < 0 ||
	    scratch_store_open(&scratch, err) < 0)
		return -1;
	move.scratch = scratch.store;
	if (channel_move(&move, err) < 0)
		return -1;
	release_memory_add(move.repository, NULL, channel);
	str_addf(out, "channel %s: %s -> %s\n", channel, from ? from->release.version : "nothing",
		 to->release.version);
	return 0;
}
