#include "base/alloc.h"
#include "deploy.h"
#include "device/container.h"
#include "device/exec.h"

struct hook_run {
	const struct deploy *deploy;
	unsigned step;
};

static int say(void *data, int stream, const char *text, size_t len, struct err *err)
{
	const struct hook_run *run = data;
	const struct event event = { .kind = EVENT_LOG,
				     .step = run->step,
				     .stream = stream,
				     .text = text,
				     .text_len = len };

	(void)err;
	if (len > 0)
		monitor_emit(run->deploy->request->monitor, &event);
	return 0;
}

static int run_one(struct hook_run *run, const char *container, const char *what,
		   const struct compose_hook *hook, struct err *err)
{
	AUTO(strvec_release) struct strvec env = STRVEC_INIT;
	const struct exec_request request = { .argv = &hook->command,
					      .env = &env,
					      .cwd = hook->working_dir,
					      .user = hook->user,
					      .privileged = hook->privileged };
	const struct stream_sink sink = { .write = say, .data = run };
	int status = 0;

	VEC_FOREACH(variable, &hook->environment)
		strvec_addf(&env, "%s=%s", variable->key, variable->value ? variable->value : "");
	if (exec_run(run->deploy->engine, container, &request, &sink, &status, err) < 0)
		return -1;
	if (status == 0)
		return 0;
	(void)err_set(err, ERR_CHILD, "its %s hook '%s' ended with status %d", what,
		      hook->command.items[0], status);
	err->child_status = status;
	return -1;
}

int deploy_post_start(const struct deploy *deploy, unsigned step, const char *container,
		      const struct compose_service *service, struct err *err)
{
	struct hook_run run = { .deploy = deploy, .step = step };

	VEC_FOREACH(hook, &service->post_start) {
		if (run_one(&run, container, "post_start", hook, err) < 0)
			return -1;
	}
	return 0;
}

int deploy_stop(const struct deploy *deploy, unsigned step, const struct deployed *container,
		const struct compose_service *service, struct err *err)
{
	struct hook_run run = { .deploy = deploy, .step = step };

	if (service && container->is_running) {
		VEC_FOREACH(hook, &service->pre_stop) {
			if (run_one(&run, container->id, "pre_stop", hook, err) < 0)
				return -1;
		}
	}
	return container_stop(deploy->engine, container->id, -1, err);
}
