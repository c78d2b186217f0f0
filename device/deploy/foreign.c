#include <string.h>
#include <time.h>

#include "base/json.h"
#include "deploy.h"
#include "device/container.h"
#include "device/stream.h"

/* The kernel refuses a program of another processor at once, when the container has started already. */
#define LOOKS         4
#define LOOK_AGAIN_NS 100000000

static int collect(void *data, int stream, const char *text, size_t len, struct err *err)
{
	struct str *output = data;

	(void)stream;
	(void)err;
	str_addn(output, text, len);
	return 0;
}

static bool was_refused(const struct deploy *deploy, const char *container, bool has_terminal)
{
	AUTO(str_release) struct str output = STR_INIT;
	const struct log_options options = { .tail = "5", .has_terminal = has_terminal };
	const struct stream_sink sink = { .write = collect, .data = &output };

	if (container_logs(deploy->engine, container, &options, &sink, NULL) < 0)
		return false;
	return strstr(output.ptr, "exec format error") != NULL;
}

static int refuse(const struct deploy *deploy, const char *architecture, struct err *err)
{
	const struct engine_about *about = engine_about(deploy->engine);

	(void)err_set(err, ERR_INPUT,
		      "board '%s': its image is for linux/%s, and the board runs linux/%s",
		      engine_name(deploy->engine), architecture, about->arch);
	return err_hint(
		err,
		"build it for the board (without --platform), or name an image that is there for "
		"linux/%s too",
		about->arch);
}

int deploy_check_foreign(const struct deploy *deploy, const char *container,
			 const struct compose_service *service, struct err *err)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_NS };
	const char *architecture = strmap_get(&deploy->foreign, service->name);

	for (unsigned i = 0; architecture && i < LOOKS; i++) {
		json_auto_t *now = NULL;
		bool has_terminal = false;

		if (monitor_check(deploy->request->monitor, err) < 0 ||
		    container_inspect(deploy->engine, container, &now, err) < 0)
			return -1;
		has_terminal = json_is_true(json_object_get(json_get_object(now, "Config"), "Tty"));
		if (!str_eq(json_get_string(json_get_object(now, "State"), "Status"), "running") &&
		    was_refused(deploy, container, has_terminal))
			return refuse(deploy, architecture, err);
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}
