#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "deploy.h"
#include "device/container.h"
#include "device/stream.h"
#include "health_watch.h"
#include "step_log.h"

#define LOOK_AGAIN_NS 300000000
#define LAST_LINES    "10"
/* What an engine takes where a healthcheck says nothing, in seconds. */
#define INTERVAL_USUAL 30
#define TIMEOUT_USUAL  30
#define RETRIES_USUAL  3
/* On top of the time by which the engine has judged: it may be slow. */
#define MARGIN_SECONDS 30

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
		(void)health_say_unhealthy(health, err);
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

static long long seconds_of(const json_t *check, const char *key, long long usual)
{
	long long ns = json_get_int(check, key, 0);

	return ns > 0 ? ns / 1000000000 + 1 : usual;
}

/* By then the engine has found it healthy or unhealthy, if it looks at all (Podman needs systemd for that). */
static long long patience(const json_t *container)
{
	const json_t *check = json_get_object(json_get_object(container, "Config"), "Healthcheck");
	long long retries = json_get_int(check, "Retries", 0);

	return seconds_of(check, "StartPeriod", 0) +
	       ((retries > 0 ? retries : RETRIES_USUAL) + 1) *
		       (seconds_of(check, "Interval", INTERVAL_USUAL) +
			seconds_of(check, "Timeout", TIMEOUT_USUAL)) +
	       MARGIN_SECONDS;
}

/* --- waiting --- */

struct waiting {
	const struct deploy *deploy;
	const char *id;
	enum compose_condition condition;
	unsigned step;
};

void deploy_show_last_words(const struct deploy *deploy, const char *id, unsigned step,
			    const json_t *container)
{
	const json_t *config = json_get_object(container, "Config");
	const struct log_options options = { .tail = LAST_LINES,
					     .has_terminal =
						     json_is_true(json_object_get(config, "Tty")) };
	struct step_log log = { .monitor = deploy->request->monitor, .step = step };
	const struct stream_sink sink = { .write = step_log_write, .data = &log };

	(void)!container_logs(deploy->engine, id, &options, &sink, NULL);
}

static void show_last_words(struct waiting *waiting, const json_t *container)
{
	deploy_show_last_words(waiting->deploy, waiting->id, waiting->step, container);
}

static int too_late(long long seconds, struct err *err)
{
	(void)err_set(err, ERR_CHILD, "it did not become healthy in %lld s", seconds);
	return err_hint(
		err, "the board's engine may not run healthchecks: Podman needs systemd for that");
}

/* Who watches its health afterwards gave all of it a time. */
static bool is_out_of_time(const struct waiting *waiting, uint64_t started, struct err *err)
{
	const struct deploy_health *health = waiting->deploy->request->health;

	if (!health || monotonic_ms() - started <= health->timeout_ms)
		return false;
	(void)err_set(err, ERR_CHILD, "it %s in %llu s",
		      waiting->condition == COMPOSE_COMPLETED ? "did not end"
							      : "did not become healthy",
		      (unsigned long long)health->timeout_ms / 1000);
	(void)err_hint(err, "if it needs longer, give it more time");
	return true;
}

static int wait_until(struct waiting *waiting, struct err *err)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_NS };
	const uint64_t started = monotonic_ms();

	for (;;) {
		json_auto_t *container = NULL;
		enum progress progress = NOT_YET;
		long long seconds = 0;

		if (container_inspect(waiting->deploy->engine, waiting->id, &container, err) < 0)
			return -1;
		seconds = patience(container);
		progress = judge(container, waiting->condition, err);
		if (progress == NOT_YET && waiting->condition == COMPOSE_HEALTHY &&
		    monotonic_ms() - started > (uint64_t)seconds * 1000) {
			(void)too_late(seconds, err);
			progress = NEVER;
		}
		if (progress == NOT_YET && is_out_of_time(waiting, started, err))
			progress = NEVER;
		if (progress == NEVER)
			show_last_words(waiting, container);
		if (progress != NOT_YET)
			return progress == REACHED ? 0 : -1;
		if (monitor_check(waiting->deploy->request->monitor, err) < 0)
			return -1;
		(void)nanosleep(&pause, NULL);
	}
}

int deploy_wait_end(const struct deploy *deploy, unsigned step, const char *id, struct err *err)
{
	struct waiting waiting = {
		.deploy = deploy, .id = id, .condition = COMPOSE_COMPLETED, .step = step
	};

	return wait_until(&waiting, err);
}

static int wait_for(const struct deploy *deploy, const char *service, const char *id,
		    enum compose_condition condition, struct err *err)
{
	static const char *const wanted[] = { [COMPOSE_STARTED] = "to start",
					      [COMPOSE_HEALTHY] = "to become healthy",
					      [COMPOSE_COMPLETED] = "to end" };
	const struct monitor *monitor = deploy->request->monitor;
	struct waiting waiting = { .deploy = deploy, .id = id, .condition = condition };

	waiting.step = monitor_add_step(monitor, "waiting for %s %s", service, wanted[condition]);
	monitor_step(monitor, waiting.step, EVENT_STEP_STARTED);
	if (wait_until(&waiting, err) < 0) {
		monitor_text(monitor, waiting.step, EVENT_STEP_FAILED, "%s", err->message);
		return err->kind == ERR_CHILD
			       ? err_wrap(err, "board '%s'", engine_name(deploy->engine))
			       : -1;
	}
	monitor_step(monitor, waiting.step, EVENT_STEP_DONE);
	return 0;
}

static int wait_for_one(const struct deploy *deploy, const struct compose_dependency *dependency,
			struct err *err)
{
	const char *id = strmap_get(&deploy->result->containers, dependency->name);

	/* One of another profile, or with a provider. */
	if (!id || dependency->condition == COMPOSE_STARTED ||
	    wait_for(deploy, dependency->name, id, dependency->condition, err) == 0)
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

/* --- all of them --- */

static bool has_healthcheck(const json_t *container)
{
	const json_t *health = json_get_object(json_get_object(container, "State"), "Health");
	const char *status = json_get_string(health, "Status");

	return status && !str_eq(status, "none");
}

static int wait_to_run(const struct deploy *deploy, const struct deployed *deployed,
		       struct err *err)
{
	json_auto_t *container = NULL;
	const json_t *state = NULL;
	const struct monitor *monitor = deploy->request->monitor;
	struct waiting waiting = { .deploy = deploy, .id = deployed->id };

	if (container_inspect(deploy->engine, deployed->id, &container, err) < 0)
		return -1;
	if (has_healthcheck(container))
		return wait_for(deploy, deployed->service, deployed->id, COMPOSE_HEALTHY, err);
	state = json_get_object(container, "State");
	if (str_eq(json_get_string(state, "Status"), "running"))
		return 0;
	waiting.step = monitor_add_step(monitor, "last lines of %s", deployed->name);
	monitor_step(monitor, waiting.step, EVENT_STEP_STARTED);
	show_last_words(&waiting, container);
	(void)err_set(err, ERR_CHILD, "it does not run: it ended with status %lld",
		      json_get_int(state, "ExitCode", 0));
	monitor_text(monitor, waiting.step, EVENT_STEP_FAILED, "%s", err->message);
	return err_wrap(err, "board '%s'", engine_name(deploy->engine));
}

int deploy_wait_all(const struct deploy *deploy, struct err *err)
{
	/* By then, what cannot run has ended. */
	const struct timespec pause = { .tv_sec = 1 };
	AUTO(deployment_release) struct deployment now = { .items = NULL };

	(void)nanosleep(&pause, NULL);
	if (deployment_read(deploy->engine, deploy->project->name, &now, err) < 0)
		return -1;
	VEC_FOREACH(container, &now) {
		if (compose_find_service(deploy->project, container->service) &&
		    wait_to_run(deploy, container, err) < 0)
			return err_wrap(err, "service '%s'", container->service);
	}
	return 0;
}
