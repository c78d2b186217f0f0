#include "health_watch.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

/* After it has ended, that is. */
static bool is_started_again_by_engine(const json_t *container)
{
	const json_t *host = json_get_object(container, "HostConfig");
	const char *policy = json_get_string(json_get_object(host, "RestartPolicy"), "Name");

	if (str_eq(policy, "on-failure"))
		return json_get_int(json_get_object(container, "State"), "ExitCode", 0) != 0;
	return policy && *policy && !str_eq(policy, "no");
}

/* Of what runs, or has done what it was for: NULL when it is well. */
static const char *health_of(const json_t *container, const char *status)
{
	const json_t *health = json_get_object(json_get_object(container, "State"), "Health");
	const char *verdict = json_get_string(health, "Status");

	if (str_eq(status, "exited"))
		return is_started_again_by_engine(container) ? "it is about to be started again"
							     : NULL;
	if (!str_eq(status, "running"))
		return "it does not run yet";
	if (verdict && *verdict && !str_eq(verdict, "none") && !str_eq(verdict, "healthy"))
		return "its healthcheck has not found it healthy yet";
	return NULL;
}

int health_say_unhealthy(const json_t *health, struct err *err)
{
	const json_t *log = json_get_array(health, "Log");
	const char *output =
		json_get_string(json_array_get(log, json_array_size(log) - 1), "Output");
	size_t len = strlen(output ?: ""), start = 0;

	while (len > 0 && strchr(" \r\n", output[len - 1]))
		len--;
	for (size_t i = 0; i < len; i++) {
		if (output[i] == '\n')
			start = i + 1;
	}
	if (len == 0)
		(void)err_set(err, ERR_CHILD, "it is unhealthy");
	else
		(void)err_set(err, ERR_CHILD, "it is unhealthy, its check says: %.*s",
			      (int)(len - start), output + start);
	return err_hint(err, "try its healthcheck in a container of the image; one that is slow to "
			     "start needs a "
			     "longer 'start_period'");
}

static int check_end(const json_t *container, const char *status, struct err *err)
{
	const json_t *state = json_get_object(container, "State");
	const json_t *health = json_get_object(state, "Health");
	long long code = json_get_int(state, "ExitCode", 0);

	if ((str_eq(status, "exited") || str_eq(status, "dead")) &&
	    (code != 0 || str_eq(status, "dead")) && !is_started_again_by_engine(container))
		return err_set(err, ERR_CHILD, "it ended with status %lld", code);
	if (str_eq(status, "running") && str_eq(json_get_string(health, "Status"), "unhealthy"))
		return health_say_unhealthy(health, err);
	return 0;
}

/* The engine counts its own starts; the moment of the last one tells of others, too. */
static int count_starts(struct health_watch *watch, const json_t *state, struct err *err)
{
	const char *started = json_get_string(state, "StartedAt") ?: "";
	bool is_new = watch->has_looked && !str_eq(started, watch->started);

	(void)snprintf(watch->started, sizeof(watch->started), "%s", started);
	watch->has_looked = true;
	if (!is_new)
		return 0;
	watch->healthy_since = 0;
	if (++watch->starts < HEALTH_RESTARTS)
		return 0;
	return err_set(err, ERR_CHILD,
		       "it ends and is started again, %u times so far, with status %lld",
		       watch->starts, json_get_int(state, "ExitCode", 0));
}

int health_watch_look(struct health_watch *watch, const json_t *container, uint64_t now_ms,
		      struct err *err)
{
	const json_t *state = json_get_object(container, "State");
	const char *status = json_get_string(state, "Status") ?: "";

	if (count_starts(watch, state, err) < 0 || check_end(container, status, err) < 0)
		return -1;
	watch->waiting_for = health_of(container, status);
	if (watch->waiting_for)
		watch->healthy_since = 0;
	else if (watch->healthy_since == 0)
		watch->healthy_since = now_ms;
	return 0;
}
