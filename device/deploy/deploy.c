#include "deploy.h"

#include "base/alloc.h"
#include "base/json.h"
#include "compose/list.h"
#include "device/container.h"
#include "device/resource.h"

void deploy_result_release(struct deploy_result *result)
{
	strvec_release(&result->orphans);
	strmap_release(&result->containers);
}

static void deploy_release(struct deploy *deploy)
{
	deployment_release(&deploy->before);
	strmap_release(&deploy->image_ids);
	strmap_release(&deploy->foreign);
	strvec_release(&deploy->renewed);
	strvec_release(&deploy->displaced);
	journal_release(&deploy->journal);
}

static int deploy_service(struct deploy *deploy, const struct compose_service *service,
			  struct err *err)
{
	if (deploy_wait(deploy, service, err) < 0)
		return -1;
	for (unsigned number = 1; number <= (unsigned)service->scale; number++) {
		if (monitor_check(deploy->request->monitor, err) < 0 ||
		    deploy_container(deploy, service, number, err) < 0)
			return -1;
	}
	return 0;
}

static int deploy_services(struct deploy *deploy, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;

	compose_list(deploy->request->compose, COMPOSE_SERVICES, &names);
	VEC_FOREACH(name, &names) {
		const struct compose_service *service =
			compose_find_service(deploy->project, *name);

		if (service->provider) {
			monitor_text(deploy->request->monitor, 0, EVENT_WARNING,
				     "service '%s' has a provider, which cannot be run: left out",
				     *name);
			continue;
		}
		if (service->use_api_socket)
			monitor_text(
				deploy->request->monitor, 0, EVENT_WARNING,
				"service '%s': 'use_api_socket' is left out, as it would give the "
				"credentials of this machine to the board; the engine's socket "
				"alone comes by 'volumes: "
				"[/var/run/docker.sock:/var/run/docker.sock]'",
				*name);
		if (deploy_service(deploy, service, err) < 0)
			return -1;
	}
	return 0;
}

static int drop(struct deploy *deploy, const struct deployed *container,
		const struct compose_service *service, struct err *err)
{
	const struct monitor *monitor = deploy->request->monitor;
	unsigned step = monitor_add_step(monitor, "removing %s", container->name);

	monitor_step(monitor, step, EVENT_STEP_STARTED);
	if (deploy_stop(deploy, step, container, service, err) < 0 ||
	    container_remove(deploy->engine, container->id, true, err) < 0) {
		monitor_text(monitor, step, EVENT_STEP_FAILED, "%s", err->message);
		return -1;
	}
	monitor_step(monitor, step, EVENT_STEP_DONE);
	deploy->result->removed++;
	return 0;
}

/* Containers of services that are gone, and those beyond the scale of a service. */
static int drop_others(struct deploy *deploy, struct err *err)
{
	VEC_FOREACH(container, &deploy->before) {
		const struct compose_service *service =
			compose_find_service(deploy->project, container->service);
		bool is_orphan =
			!compose_defines_service(deploy->request->compose, container->service);

		if (service ? container->number <= (unsigned)service->scale : !is_orphan)
			continue;
		if (is_orphan && !deploy->request->remove_orphans) {
			strvec_add(&deploy->result->orphans, container->name);
			continue;
		}
		if (drop(deploy, container, service, err) < 0)
			return -1;
	}
	VEC_FOREACH(container, &deploy->before.leftovers) {
		if (container_remove(deploy->engine, container->id, false, err) < 0)
			return -1;
	}
	strvec_sort(&deploy->result->orphans);
	return 0;
}

/* What callers know of is what runs, which is what ran before. */
static void forget_result(struct deploy *deploy)
{
	deploy_result_release(deploy->result);
	*deploy->result = (struct deploy_result){ .created = 0 };
	VEC_FOREACH(container, &deploy->before) {
		if (!strmap_has(&deploy->result->containers, container->service))
			strmap_set(&deploy->result->containers, container->service, container->id);
	}
}

static int give_up(struct deploy *deploy, struct err *err)
{
	const struct monitor *monitor = deploy->request->monitor;
	AUTO(err_release) struct err problem = ERR_INIT;
	unsigned step = 0;

	if (journal_is_empty(&deploy->journal))
		return -1;
	step = monitor_add_step(monitor, "putting back what was there");
	monitor_step(monitor, step, EVENT_STEP_STARTED);
	forget_result(deploy);
	if (journal_undo(&deploy->journal, deploy->engine, &problem) == 0) {
		monitor_step(monitor, step, EVENT_STEP_DONE);
		return -1;
	}
	monitor_text(monitor, step, EVENT_STEP_FAILED, "%s", problem.message);
	return err_hint(err,
			"not everything could be put back: the next deploy does that; see 'edgectl "
			"device ps --all %s'",
			engine_name(deploy->engine));
}

/* What is new runs, and cannot be taken back any more: whoever interrupts it now gets what he asked for. */
static int finish(struct deploy *deploy, struct err *err)
{
	int status = 0;

	engine_ignore_cancel(deploy->engine, true);
	status = journal_commit(&deploy->journal, deploy->engine, err);
	if (status == 0)
		status = drop_others(deploy, err);
	engine_ignore_cancel(deploy->engine, false);
	return status;
}

int deploy_run(const struct deploy_request *request, struct deploy_result *ret, struct err *err)
{
	AUTO(deploy_release)
	struct deploy deploy = {
		.request = request,
		.engine = request->engine,
		.project = compose_project(request->compose),
		.target = { .api_minor = engine_about(request->engine)->api_minor,
			    .version = EDGECTL_VERSION,
			    .platform = request->platform },
		.result = ret,
	};

	if (deployment_read(deploy.engine, deploy.project->name, &deploy.before, err) < 0 ||
	    deploy_images(&deploy, err) < 0)
		return -1;
	if (deploy_resources(&deploy, err) < 0 || deploy_services(&deploy, err) < 0 ||
	    (request->wait && deploy_wait_all(&deploy, err) < 0) ||
	    (request->health && deploy_watch_health(&deploy, err) < 0))
		return give_up(&deploy, err);
	return finish(&deploy, err);
}
