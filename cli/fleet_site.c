#include "fleet_site.h"

#include <string.h>

#include "base/alloc.h"

void fleet_site_release(struct fleet_site *site)
{
	image_ref_release(&site->repository);
	fleets_release(&site->fleets);
}

static int read_fleets(struct app *app, struct fleets *ret, struct err *err)
{
	struct config *config = NULL;

	return app_config(app, &config, err) < 0 ? -1 : fleets_read(config, ret, err);
}

static int no_registry(const struct fleet *fleet, const char *path, struct err *err)
{
	(void)err_set(err, ERR_INPUT, "nothing says in which registry fleet '%s' is", fleet->name);
	return err_hint(err, "add to '%s': 'registry: HOST/PATH'", path);
}

static int find_in_project(struct app *app, const char *word, struct fleet_site *ret,
			   struct err *err)
{
	AUTO(freep) char *reference = NULL;

	if (read_fleets(app, &ret->fleets, err) < 0 ||
	    fleet_find(&ret->fleets, word, &ret->fleet, err) < 0)
		return -1;
	if (!ret->fleet->reference)
		return no_registry(ret->fleet, ret->fleets.path, err);
	reference = xasprintf("%s:%s", ret->fleet->reference, ret->fleet->channel.text);
	return image_ref_parse(reference, &ret->repository, err);
}

int fleet_site_find(struct app *app, const char *word, struct fleet_site *ret, struct err *err)
{
	return strpbrk(word, "/:") ? image_ref_parse(word, &ret->repository, err)
				   : find_in_project(app, word, ret, err);
}

const char *fleet_site_channel(const struct fleet_site *site)
{
	return site->repository.tag ? site->repository.tag : "latest";
}

int fleet_site_is_fleet(struct app *app, const char *word, bool *ret, struct err *err)
{
	AUTO(fleets_release) struct fleets fleets = FLEETS_INIT;

	*ret = false;
	if (strpbrk(word, "/:"))
		return 0;
	if (read_fleets(app, &fleets, err) < 0)
		return -1;
	*ret = fleet_lookup(&fleets, word) != NULL;
	return 0;
}
