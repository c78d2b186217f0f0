#include "deploy_release.h"

#include <string.h>

#include "base/alloc.h"
#include "compose/list.h"
#include "compose/project.h"
#include "device/bring.h"
#include "fleet_site.h"

int deploy_release_find(struct app *app, const char *word, char **ret, struct err *err)
{
	AUTO(fleet_site_release) struct fleet_site site = FLEET_SITE_INIT;
	const char *colon = strchr(word, '/') ? NULL : strchr(word, ':');
	AUTO(freep) char *name = colon ? xstrndup(word, (size_t)(colon - word)) : xstrdup(word);
	AUTO(freep) char *reference = NULL;

	if (fleet_site_find(app, name, &site, err) < 0)
		return err_wrap(err, "option '--release'");
	if (colon && release_check_name(colon + 1, "release", err) < 0)
		return -1;
	reference = colon ? xasprintf("%s:%s", site.fleet->reference, colon + 1)
			  : image_ref_format(&site.repository);
	*ret = xasprintf("oci://%s", reference);
	return 0;
}

static int bring(struct deployment_session *session, struct image_supply *supply,
		 const struct compose_service *service, struct err *err)
{
	AUTO(brought_image_release) struct brought_image brought = { .name = NULL };

	if (board_bring_image(session->engine, supply, service->name, service->image,
			      &session->session.monitor, &brought, err) < 0)
		return -1;
	if (brought.name)
		compose_set_image(session->project.compose, service->name, brought.name);
	if (brought.sent.id)
		deployment_note_sent(session, service->name, &brought.sent);
	return 0;
}

int deploy_release_bring(struct deployment_session *session, struct err *err)
{
	const struct compose_project *project = compose_project(session->project.compose);
	AUTO(image_supply_freep)
	struct image_supply *supply =
		image_supply_new(session->session.registry, session->session.store);

	VEC_FOREACH(service, &project->services) {
		if (service->image && bring(session, supply, service, err) < 0)
			return -1;
	}
	return 0;
}
