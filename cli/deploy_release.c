#include "deploy_release.h"
#include "machine_option.h"

#include <string.h>

#include "base/alloc.h"
#include "compose/list.h"
#include "compose/project.h"
#include "device/bring.h"
#include "rollout/delivery.h"

int deploy_release_find(struct app *app, const char *word, struct fleet_site *ret_site,
			struct image_ref *ret, struct err *err)
{
	const char *colon = strchr(word, '/') ? NULL : strchr(word, ':');
	AUTO(freep) char *name = colon ? xstrndup(word, (size_t)(colon - word)) : xstrdup(word);
	AUTO(freep) char *reference = NULL;

	if (fleet_site_find(app, name, ret_site, err) < 0)
		return -1;
	if (colon && release_check_name(colon + 1, "release", err) < 0)
		return -1;
	reference = colon ? xasprintf("%s:%s", ret_site->fleet->reference, colon + 1)
			  : image_ref_format(&ret_site->repository);
	return image_ref_parse(reference, ret, err);
}

int deploy_release_label(struct deployment_session *session, const struct image_ref *ref,
			 struct err *err)
{
	AUTO(release_release) struct release release = RELEASE_INIT;

	if (release_read_manifest(session->session.registry, ref, &release, err) < 0)
		return -1;
	/* Its channel may have been moved since the file was read, which is kept by the release's digest. */
	if (!release.version || !str_has_suffix(compose_directory(session->project.compose),
						digest_hex(&release.digest)))
		return 0;
	strmap_set(&session->labels, RELEASE_LABEL, release.version);
	strmap_set(&session->labels, RELEASE_LABEL_DIGEST, release.digest.text);
	return 0;
}

static int bring(struct deployment_session *session, const struct image_bringing *bringing,
		 const struct compose_service *service, struct err *err)
{
	AUTO(brought_image_release) struct brought_image brought = { .name = NULL };

	if (board_bring_image(bringing, service->name, service->image, &brought, err) < 0)
		return -1;
	if (brought.name)
		compose_set_image(session->project.compose, service->name, brought.name);
	if (brought.sent.id)
		deployment_note_sent(session, service->name, &brought.sent);
	return 0;
}

/* What --platform or --board says; false when they say nothing, and it is the engine's own. */
static int wanted_platform(const struct deployment_session *session, struct platform *ret,
			   bool *ret_said, struct err *err)
{
	const struct build_source_args *source = &session->args->build.source;
	AUTO(machines_release) struct machines machines = MACHINES_INIT;

	if (machines_parse(&source->platforms, &source->boards, &machines, err) < 0)
		return -1;
	*ret_said = machines.len > 0;
	if (*ret_said)
		*ret = machines.items[0].platform;
	return 0;
}

int deploy_release_bring(struct deployment_session *session, struct err *err)
{
	const struct compose_project *project = compose_project(session->project.compose);
	AUTO(image_supply_freep)
	struct image_supply *supply =
		image_supply_new(session->session.registry, session->session.store);
	struct image_bringing bringing = { .engine = session->engine,
					   .supply = supply,
					   .monitor = &session->session.monitor };
	struct platform platform;
	bool is_said = false;

	if (wanted_platform(session, &platform, &is_said, err) < 0)
		return -1;
	bringing.platform = is_said ? &platform : NULL;
	VEC_FOREACH(service, &project->services) {
		if ((service->image && bring(session, &bringing, service, err) < 0) ||
		    board_bring_hook_images(&bringing, service, &session->hook_image_ids, err) < 0)
			return -1;
	}
	return 0;
}
