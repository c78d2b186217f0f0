#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "deploy.h"
#include "device/container.h"
#include "health_watch.h"

#define LOOK_AGAIN_NS 500000000

/* All containers of the project, each with what is known of it. */
struct watched {
	const struct deploy *deploy;
	struct deployment now;
	struct health_watch *watches;
	uint64_t began_ms, for_ms;
	unsigned step;
};

static void watched_release(struct watched *watched)
{
	deployment_release(&watched->now);
	free(watched->watches);
}

static bool is_ours(const struct watched *watched, const struct deployed *container)
{
	return compose_find_service(watched->deploy->project, container->service) != NULL;
}

/* How long all of them have been healthy: 0 when one is not; `ret_worst` is that one. */
static int look(struct watched *watched, uint64_t *ret_ms, size_t *ret_worst, struct err *err)
{
	uint64_t now = monotonic_ms();

	*ret_ms = UINT64_MAX;
	for (size_t i = 0; i < watched->now.len; i++) {
		const struct deployed *container = &watched->now.items[i];
		struct health_watch *watch = &watched->watches[i];
		json_auto_t *shown = NULL;
		uint64_t ms = 0;

		if (!is_ours(watched, container))
			continue;
		if (container_inspect(watched->deploy->engine, container->id, &shown, err) < 0)
			return -1;
		if (health_watch_look(watch, shown, now, err) < 0) {
			deploy_show_last_words(watched->deploy, container->id, watched->step,
					       shown);
			return err_wrap(err, "service '%s'", container->service);
		}
		ms = watch->healthy_since ? now - watch->healthy_since : 0;
		if (ms < *ret_ms) {
			*ret_ms = ms;
			*ret_worst = i;
		}
	}
	return 0;
}

static bool are_all_healthy(const struct watched *watched)
{
	for (size_t i = 0; i < watched->now.len; i++) {
		if (is_ours(watched, &watched->now.items[i]) && !watched->watches[i].healthy_since)
			return false;
	}
	return true;
}

static int too_late(const struct watched *watched, size_t worst, struct err *err)
{
	const struct deploy_health *health = watched->deploy->request->health;
	const struct health_watch *watch = &watched->watches[worst];

	if (!watch->waiting_for)
		return err_set(err, ERR_CHILD,
			       "service '%s': it was not healthy for %llu s at a stretch in %llu s",
			       watched->now.items[worst].service,
			       (unsigned long long)watched->for_ms / 1000,
			       (unsigned long long)health->timeout_ms / 1000);
	(void)err_set(err, ERR_CHILD, "service '%s': after %llu s %s",
		      watched->now.items[worst].service,
		      (unsigned long long)health->timeout_ms / 1000, watch->waiting_for);
	return err_hint(err, "if it needs longer to start, give it more time; Podman runs "
			     "healthchecks with systemd only");
}

static int watch_until(struct watched *watched, struct err *err)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_NS };
	const struct deploy_health *health = watched->deploy->request->health;

	for (;;) {
		uint64_t healthy_ms = 0;
		size_t worst = 0;

		if (monitor_check(watched->deploy->request->monitor, err) < 0 ||
		    look(watched, &healthy_ms, &worst, err) < 0)
			return -1;
		if (are_all_healthy(watched) && healthy_ms >= watched->for_ms)
			return 0;
		if (monotonic_ms() - watched->began_ms > health->timeout_ms)
			return too_late(watched, worst, err);
		(void)nanosleep(&pause, NULL);
	}
}

static int watch(struct watched *watched, struct err *err)
{
	const struct deploy *deploy = watched->deploy;

	if (deployment_read(deploy->engine, deploy->project->name, &watched->now, err) < 0)
		return -1;
	watched->watches = xcalloc(watched->now.len + 1, sizeof(*watched->watches));
	return watch_until(watched, err);
}

int deploy_watch_health(const struct deploy *deploy, struct err *err)
{
	const struct monitor *monitor = deploy->request->monitor;
	AUTO(watched_release)
	struct watched watched = { .deploy = deploy, .began_ms = monotonic_ms() };

	if (!journal_is_empty(&deploy->journal))
		watched.for_ms = deploy->request->health->for_ms;
	watched.step = monitor_add_step(monitor, "watching its health");
	monitor_step(monitor, watched.step, EVENT_STEP_STARTED);
	if (watch(&watched, err) < 0) {
		monitor_text(monitor, watched.step, EVENT_STEP_FAILED, "%s", err->message);
		return -1;
	}
	monitor_step(monitor, watched.step, EVENT_STEP_DONE);
	return 0;
}
