#include "deploy_release.h"
#include "machine_option.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "compose/list.h"
#include "compose/project.h"
#include "device/image.h"
#include "device/info.h"
#include "fleet_site.h"
#include "image/image_content.h"
#include "registry/login.h"

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

static bool has_image(struct engine *engine, const char *image)
{
	json_auto_t *found = NULL;

	return board_image_inspect(engine, image, &found, NULL) == 0;
}

/* In the user's name, who need not have logged in on the board. */
static int pull_there(struct deployment_session *session, const char *service, const char *image,
		      struct err *err)
{
	const struct monitor *monitor = &session->session.monitor;
	unsigned step =
		progress_begin(monitor, "pulling %s on %s", service, engine_name(session->engine));
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(secret_freep) char *auth = NULL;
	int status = -1;

	if (image_ref_parse(image, &ref, err) == 0 &&
	    registry_engine_auth(session->session.registry, &ref, &auth, err) == 0)
		status = board_image_pull(session->engine, image, NULL, auth, monitor, step, err);
	progress_end(monitor, step, status, err);
	return status;
}

/* 64 bits run 32, too. */
static int select_member(const struct index *index, const struct platform *platform,
			 const struct descriptor **ret, struct err *err)
{
	struct platform narrower;

	platform_set(&narrower, platform->os, "arm", "v7");
	if (str_eq(platform->arch, "arm64") && index_select(index, platform, ret, NULL) < 0 &&
	    index_select(index, &narrower, ret, NULL) == 0)
		return 0;
	return index_select(index, platform, ret, err);
}

/* An engine takes the image of one platform. */
static int choose(struct deployment_session *session, const struct platform *platform,
		  struct descriptor *image, struct err *err)
{
	AUTO(index_release) struct index index = { .media_type = NULL };
	const struct descriptor *member = NULL;
	struct descriptor chosen = { .media_type = NULL };

	if (!media_type_is_index(image->media_type))
		return 0;
	if (image_content_read_index(session->session.store, image, &index, err) < 0 ||
	    select_member(&index, platform, &member, err) < 0)
		return -1;
	descriptor_copy(&chosen, member);
	descriptor_release(image);
	*image = chosen;
	return 0;
}

/* What --platform or --board says, else what the board is. */
static int wanted_platform(const struct deployment_session *session, struct platform *ret,
			   struct err *err)
{
	const struct build_args *args = &session->project.args;
	AUTO(machines_release) struct machines machines = MACHINES_INIT;

	if (machines_parse(&args->source.platforms, &args->source.boards, &machines, err) < 0)
		return -1;
	if (machines.len == 0)
		return device_platform(session->engine, ret, err);
	*ret = machines.items[0].platform;
	return 0;
}

static int pull_here(struct deployment_session *session, const char *service, const char *image,
		     struct descriptor *ret, struct err *err)
{
	struct platform platform;
	const struct pull_platforms wanted = { .items = &platform, .count = 1, .or_all = true };
	struct fetch_target target = { .store = session->session.store };
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	int status;

	if (wanted_platform(session, &platform, err) < 0 || image_ref_parse(image, &ref, err) < 0)
		return -1;
	target.step = progress_begin(&session->session.monitor, "pulling %s", service);
	status = registry_pull(session->session.registry, &ref, &wanted, &target, ret, err);
	progress_end(&session->session.monitor, target.step, status, err);
	return status < 0 ? -1 : choose(session, &platform, ret, err);
}

/* An engine gives what it loads a tag, never a digest. */
static char *name_by_tag(const char *image)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (image_ref_parse(image, &ref, NULL) < 0 || !digest_is_set(&ref.digest))
		return xstrdup(image);
	free(ref.tag);
	ref.tag = xasprintf("%.12s", digest_hex(&ref.digest));
	ref.digest = (struct digest){ .text = "" };
	return image_ref_format(&ref);
}

static int send(struct deployment_session *session, const struct compose_service *service,
		struct err *err)
{
	AUTO(descriptor_release) struct descriptor pulled = { .media_type = NULL };
	AUTO(freep) char *name = name_by_tag(service->image);

	if (pull_here(session, service->name, service->image, &pulled, err) < 0)
		return err_wrap(err, "service '%s'", service->name);
	compose_set_image(session->project.compose, service->name, name);
	return deployment_send(session, service->name, &pulled, err);
}

static int bring(struct deployment_session *session, const struct compose_service *service,
		 struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;

	if (!service->image || has_image(session->engine, service->image) ||
	    pull_there(session, service->name, service->image, &problem) == 0)
		return 0;
	if (problem.kind == ERR_CANCELLED) {
		err_move(err, &problem);
		return -1;
	}
	monitor_text(&session->session.monitor, 0, EVENT_INFO,
		     "%s: the board cannot pull it, so it is sent from here", service->name);
	return send(session, service, err);
}

int deploy_release_bring(struct deployment_session *session, struct err *err)
{
	const struct compose_project *project = compose_project(session->project.compose);

	VEC_FOREACH(service, &project->services) {
		if (bring(session, service, err) < 0)
			return -1;
	}
	return 0;
}
