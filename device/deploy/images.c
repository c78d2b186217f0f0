#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "deploy.h"
#include "device/image.h"
#include "image/reference.h"
#include "registry/login.h"

static int find_id(struct deploy *deploy, const char *image, char **ret, struct err *err)
{
	json_t *found = NULL;

	*ret = NULL;
	if (board_image_inspect(deploy->engine, image, &found, err) < 0)
		return -1;
	*ret = xstrdup(json_get_string(found, "Id") ?: "");
	json_decref(found);
	return 0;
}

/* Is it for a processor that the board has? 64 bits run 32 as well, but for some. */
static bool is_native(const char *board, const char *image)
{
	static const char *const also[][2] = { { "arm64", "arm" }, { "amd64", "386" } };

	for (size_t i = 0; i < ARRAY_SIZE(also); i++) {
		if (str_eq(board, also[i][0]) && str_eq(image, also[i][1]))
			return true;
	}
	return str_eq(board, image);
}

/* A board may run what is not for it, by QEMU: container.c looks whether it does. */
static int note_platform(struct deploy *deploy, const char *service, const char *id,
			 struct err *err)
{
	json_auto_t *image = NULL;
	const char *architecture = NULL;

	if (board_image_inspect(deploy->engine, id, &image, err) < 0)
		return -1;
	architecture = json_get_string(image, "Architecture") ?: "";
	if (*architecture && !is_native(engine_about(deploy->engine)->arch, architecture))
		strmap_set(&deploy->foreign, service, architecture);
	return 0;
}

/* The user of the workstation's: nothing has to be logged in on the board. */
static int find_auth(const struct deploy *deploy, const char *image, char **ret, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	*ret = NULL;
	if (!deploy->request->registry)
		return 0;
	return image_ref_parse(image, &ref, err) < 0
		       ? -1
		       : registry_engine_auth(deploy->request->registry, &ref, ret, err);
}

static int explain_pull(const char *image, bool has_auth, struct err *err)
{
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;

	if (!strstr(err->message, "no basic auth credentials") && !strstr(err->message, "denied") &&
	    !strstr(err->message, "unauthorized") &&
	    !strstr(err->message, "authentication required"))
		return -1;
	if (has_auth || image_ref_parse(image, &ref, NULL) < 0)
		return err_hint(
			err, "are the user name and password right, and may they pull that image?");
	return err_hint(err, "'edgectl login %s', here: the board's engine uses it for the pull",
			ref.host);
}

static int pull(struct deploy *deploy, const struct compose_service *service, const char *image,
		char **ret, struct err *err)
{
	AUTO(secret_freep) char *auth = NULL;
	const struct monitor *monitor = deploy->request->monitor;
	unsigned step = monitor_add_step(monitor, "pulling %s", image);

	monitor_step(monitor, step, EVENT_STEP_STARTED);
	if (find_auth(deploy, image, &auth, err) < 0 ||
	    board_image_pull(deploy->engine, image, service->platform ?: deploy->request->platform,
			     auth, monitor, step, err) < 0 ||
	    find_id(deploy, image, ret, err) < 0) {
		monitor_text(monitor, step, EVENT_STEP_FAILED, "%s", err->message);
		return explain_pull(image, auth != NULL, err);
	}
	monitor_step(monitor, step, EVENT_STEP_DONE);
	return 0;
}

static int bring(struct deploy *deploy, const struct compose_service *service, const char *image,
		 char **ret, struct err *err)
{
	if (!str_eq(service->pull_policy, "always") && find_id(deploy, image, ret, err) == 0)
		return 0;
	if (err->kind != ERR_NONE && err->kind != ERR_NOT_FOUND)
		return -1;
	err_clear(err);
	if (!str_eq(service->pull_policy, "never"))
		return pull(deploy, service, image, ret, err);
	return err_set(err, ERR_NOT_FOUND, "the board has no image '%s', and pull_policy is never",
		       image);
}

static int bring_own(struct deploy *deploy, const struct compose_service *service, char **ret,
		     struct err *err)
{
	AUTO(freep) char *image = compose_image_name(deploy->request->compose, service->name);

	if (service->build)
		return err_set(err, ERR_USAGE, "its image was not built");
	return bring(deploy, service, image, ret, err);
}

static int bring_for_hooks(struct deploy *deploy, const struct compose_service *service,
			   struct err *err)
{
	VEC_FOREACH(hook, &service->pre_start) {
		const char *image = deploy_pre_start_image(service, hook);
		AUTO(freep) char *id = NULL;

		if (image && !deploy_given_image(deploy->request, image) &&
		    bring(deploy, service, image, &id, err) < 0)
			return -1;
	}
	return 0;
}

int deploy_images(struct deploy *deploy, struct err *err)
{
	VEC_FOREACH(service, &deploy->project->services) {
		AUTO(freep) char *id = NULL;
		const char *given = deploy->request->image_ids
					    ? strmap_get(deploy->request->image_ids, service->name)
					    : NULL;

		if (service->provider)
			continue;
		if (deploy_check_pre_start(service, err) < 0 ||
		    (!given && bring_own(deploy, service, &id, err) < 0) ||
		    bring_for_hooks(deploy, service, err) < 0)
			return err_wrap(err, "service '%s'", service->name);
		strmap_set(&deploy->image_ids, service->name, given ? given : id);
		if (note_platform(deploy, service->name, given ? given : id, err) < 0)
			return err_wrap(err, "service '%s'", service->name);
	}
	return 0;
}
