#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "deploy.h"
#include "device/container.h"
#include "device/resource.h"
#include "device/stream.h"
#include "step_log.h"

/*
 * pre_start: containers that run to their end, one after the other, before a service's first container starts. As docker
 * compose does it: each is the service's container with another command, and maybe another image; its volumes it has from
 * that container, by volumes_from; its ports and restarts it has not.
 */

int deploy_check_pre_start(const struct compose_service *service, struct err *err)
{
	size_t index = 0;

	VEC_FOREACH(hook, &service->pre_start) {
		if (hook->per_replica) {
			(void)err_set(err, ERR_UNSUPPORTED,
				      "pre_start[%zu]: per_replica cannot be true", index);
			return err_hint(
				err,
				"it runs once, before the first container; so does docker compose");
		}
		index++;
	}
	return 0;
}

const char *deploy_pre_start_image(const struct compose_service *service,
				   const struct compose_hook *hook)
{
	return hook->image && !str_eq(hook->image, service->image ?: "") ? hook->image : NULL;
}

const char *deploy_given_image(const struct deploy_request *request, const char *image)
{
	return request->hook_image_ids ? strmap_get(request->hook_image_ids, image) : NULL;
}

/* --- what it is made of --- */

struct pre_start {
	const struct deploy *deploy;
	const struct compose_service *service;
	const struct compose_hook *hook;
	size_t index;
	const char *container; /* the service's */
	const json_t *body;    /* of that */
	unsigned step;
	char *id;
};

static void set_environment(const struct pre_start *run, json_t *config)
{
	json_t *env = json_get_array(config, "Env");

	if (!env) {
		env = json_array();
		json_object_set_new(config, "Env", env);
	}
	/* Of two with the same name the last one counts. */
	VEC_FOREACH(variable, &run->hook->environment)
		json_array_append_new(env, json_sprintf("%s=%s", variable->key,
							variable->value ? variable->value : ""));
}

static json_t *labels_of(const struct pre_start *run)
{
	json_t *labels = json_object();
	AUTO(freep) char *index = xasprintf("%zu", run->index);

	json_set_string(labels, COMPOSE_LABEL "project", run->deploy->project->name);
	json_set_string(labels, COMPOSE_LABEL "service", run->service->name);
	json_set_string(labels, COMPOSE_LABEL "oneoff", "False");
	json_set_string(labels, COMPOSE_HOOK_LABEL, "pre_start");
	json_set_string(labels, COMPOSE_HOOK_LABEL ".index", index);
	return labels;
}

static const char *image_of(const struct pre_start *run)
{
	const char *image = deploy_pre_start_image(run->service, run->hook);

	if (!image)
		return strmap_get(&run->deploy->image_ids, run->service->name);
	return deploy_given_image(run->deploy->request, image) ?: image;
}

static json_t *config_of(const struct pre_start *run)
{
	static const char *const left_out[] = { "Cmd",         "Entrypoint", "ExposedPorts",
						"Healthcheck", "StopSignal", "Volumes" };
	const struct compose_hook *hook = run->hook;
	json_t *config = json_deep_copy(json_get_object(run->body, "Config"));

	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
		(void)json_object_del(config, left_out[i]); /* may be absent */
	json_set_string(config, "Image", image_of(run));
	if (hook->command.len > 0)
		json_object_set_new(config, "Cmd", json_from_strvec(&hook->command));
	if (hook->user)
		json_set_string(config, "User", hook->user);
	if (hook->working_dir)
		json_set_string(config, "WorkingDir", hook->working_dir);
	set_environment(run, config);
	json_object_set_new(config, "Labels", labels_of(run));
	json_object_set_new(config, "Healthcheck", json_pack("{s:[s]}", "Test", "NONE"));
	return config;
}

static json_t *body_of(const struct pre_start *run)
{
	static const char *const left_out[] = { "Binds",           "Mounts",        "PortBindings",
						"PublishAllPorts", "RestartPolicy", "VolumesFrom" };
	json_t *host = json_deep_copy(json_get_object(run->body, "HostConfig"));
	json_t *networking = json_get_object(run->body, "NetworkingConfig");
	json_t *body = config_of(run);

	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
		(void)json_object_del(host, left_out[i]);
	json_object_set_new(host, "VolumesFrom", json_pack("[s]", run->container));
	if (run->hook->privileged)
		json_object_set_new(host, "Privileged", json_true());
	json_object_set_new(body, "HostConfig", host);
	if (networking)
		json_object_set(body, "NetworkingConfig", networking);
	return body;
}

/* --- running it --- */

static int create(struct pre_start *run, struct err *err)
{
	struct engine *engine = run->deploy->engine;
	AUTO(strvec_release) struct strvec warnings = STRVEC_INIT;
	AUTO(freep)
	char *name = xasprintf("%s-%s-pre_start-%zu", run->deploy->project->name,
			       run->service->name, run->index);
	json_auto_t *body = body_of(run);
	const char *network = NULL;
	json_t *endpoint = NULL;

	/* Of a deployment that was killed, or of docker compose. */
	if (container_remove(engine, name, true, err) < 0 ||
	    container_create(engine, name, json_get_string(run->body, "platform"), body, &run->id,
			     &warnings, err) < 0)
		return -1;
	json_object_foreach(json_get_object(run->body, "Connect"), network, endpoint)
	{
		if (network_connect(engine, network, run->id, endpoint, err) < 0)
			return -1;
	}
	return 0;
}

static const char *program_of(const struct pre_start *run)
{
	return run->hook->command.len > 0 ? run->hook->command.items[0] : "its image's";
}

/* Says what it prints while it runs, for as long as that takes. */
static int follow(struct pre_start *run, struct err *err)
{
	struct engine *engine = run->deploy->engine;
	const json_t *config = json_get_object(run->body, "Config");
	const struct log_options options = { .follow = true,
					     .has_terminal =
						     json_is_true(json_object_get(config, "Tty")) };
	struct step_log log = { .monitor = run->deploy->request->monitor, .step = run->step };
	const struct stream_sink sink = { .write = step_log_write, .data = &log };
	int status = 0;

	/* A log driver may have nothing to read. */
	(void)!container_logs(engine, run->id, &options, &sink, NULL);
	if (container_wait(engine, run->id, &status, err) < 0)
		return -1;
	if (status == 0)
		return 0;
	(void)err_set(err, ERR_CHILD, "its pre_start hook %zu ('%s') ended with status %d",
		      run->index, program_of(run), status);
	err->child_status = status;
	return -1;
}

static int carry_out(struct pre_start *run, struct err *err)
{
	if (container_start(run->deploy->engine, run->id, err) < 0)
		return -1;
	if (!run->deploy->request->health)
		return follow(run, err);
	return deploy_wait_end(run->deploy, run->step, run->id, err) < 0
		       ? err_wrap(err, "its pre_start hook %zu ('%s')", run->index, program_of(run))
		       : 0;
}

static int run_one(struct pre_start *run, struct err *err)
{
	struct engine *engine = run->deploy->engine;
	int status = create(run, err);

	if (status == 0)
		status = carry_out(run, err);
	if (run->id) {
		engine_ignore_cancel(engine, true);
		(void)!container_remove(engine, run->id, true, NULL);
		engine_ignore_cancel(engine, false);
	}
	free(run->id);
	return status;
}

int deploy_pre_start(const struct deploy *deploy, unsigned step, const char *container,
		     const json_t *body, const struct compose_service *service, struct err *err)
{
	size_t index = 0;

	VEC_FOREACH(hook, &service->pre_start) {
		struct pre_start run = { .deploy = deploy,
					 .service = service,
					 .hook = hook,
					 .index = index++,
					 .container = container,
					 .body = body,
					 .step = step };

		if (run_one(&run, err) < 0)
			return -1;
	}
	return 0;
}
