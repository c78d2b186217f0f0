#include <time.h>

#include "base/alloc.h"
#include "base/json.h"
#include "deploy.h"
#include "device/container.h"

#define LOOK_AGAIN_NS 300000000

enum progress { NOT_YET, REACHED, NEVER };

/* Of a container that has to become healthy. */
static enum progress judge_health(const json_t *state, const char *status, struct err *err)
{
	const json_t *health = json_get_object(state, "Health");
	const char *verdict = json_get_string(health, "Status");

	if (!str_eq(status, "running")) {
		(void)err_set(err, ERR_CHILD, "it ended with status %lld before it was healthy",
			      json_get_int(state, "ExitCode", 0));
		return NEVER;
	}
	if (!verdict || str_eq(verdict, "none")) {
		(void)err_set(err, ERR_INPUT, "it has no healthcheck");
		(void)err_hint(err, "give it one, or wait for service_started only");
		return NEVER;
	}
	if (str_eq(verdict, "unhealthy")) {
		const json_t *log = json_get_array(health, "Log");
		const json_t *last = json_array_get(log, json_array_size(log) - 1);

		(void)err_set(err, ERR_CHILD, "it is unhealthy: %s",
			      json_get_string(last, "Output") ?: "its check fails");
		return NEVER;
	}
	return str_eq(verdict, "healthy") ? REACHED : NOT_YET;
}

static enum progress judge(const json_t *container, enum compose_condition condition,
			   struct err *err)
{
	const json_t *state = json_get_object(container, "State");
	const char *status = json_get_string(state, "Status");
	long long code = json_get_int(state, "ExitCode", 0);

	switch (condition) {
	case COMPOSE_STARTED: return REACHED;
	case COMPOSE_HEALTHY: return judge_health(state, status, err);
	case COMPOSE_COMPLETED: break;
	}
	if (!str_eq(status, "exited"))
		return NOT_YET;
	if (code == 0)
		return REACHED;
	(void)err_set(err, ERR_CHILD, "it ended with status %lld", code);
	return NEVER;
}

static int wait_for(struct deploy *deploy, const char *id, enum compose_condition condition,
		    struct err *err)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_NS };

	for (;;) {
		enum progress progress = NOT_YET;
		json_t *container = NULL;

		if (container_inspect(deploy->engine, id, &container, err) < 0)
			return -1;
		progress = judge(container, condition, err);
		json_decref(container);
		if (progress != NOT_YET)
			return progress == REACHED ? 0 : -1;
		if (monitor_check(deploy->request->monitor, err) < 0)
			return -1;
		(void)nanosleep(&pause, NULL);
	}
}

static int wait_for_one(struct deploy *deploy, const struct compose_dependency *dependency,
			struct err *err)
{
	const char *id = strmap_get(&deploy->result->containers, dependency->name);

	/* One of another profile, or with a provider. */
	if (!id || dependency->condition == COMPOSE_STARTED)
		return 0;
	if (wait_for(deploy, id, dependency->condition, err) == 0)
		return 0;
	(void)err_wrap(err, "waits for '%s'", dependency->name);
	if (dependency->required || err->kind == ERR_CANCELLED || err->kind == ERR_NETWORK)
		return -1;
	monitor_text(deploy->request->monitor, 0, EVENT_WARNING, "%s", err->message);
	err_clear(err);
	return 0;
}

int deploy_wait(struct deploy *deploy, const struct compose_service *service, struct err *err)
{
	VEC_FOREACH(dependency, &service->depends_on) {
		if (wait_for_one(deploy, dependency, err) < 0)
			return err_wrap(err, "service '%s'", service->name);
	}
	return 0;
}
