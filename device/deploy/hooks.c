#include "base/alloc.h"
#include "deploy.h"
#include "device/container.h"
#include "device/exec.h"
#include "step_log.h"

static int run_one(const struct deploy *deploy, unsigned step, const char *container,
		   const char *what, const struct compose_hook *hook, struct err *err)
{
	AUTO(strvec_release) struct strvec env = STRVEC_INIT;
	const struct exec_request request = { .argv = &hook->command,
					      .env = &env,
					      .cwd = hook->working_dir,
					      .user = hook->user,
					      .privileged = hook->privileged };
	struct step_log log = { .monitor = deploy->request->monitor, .step = step };
	const struct stream_sink sink = { .write = step_log_write, .data = &log };
	int status = 0;

	VEC_FOREACH(variable, &hook->environment)
		strvec_addf(&env, "%s=%s", variable->key, variable->value ? variable->value : "");
	if (exec_run(deploy->engine, container, &request, &sink, &status, err) < 0)
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
	VEC_FOREACH(hook, &service->post_start) {
		if (run_one(deploy, step, container, "post_start", hook, err) < 0)
			return -1;
	}
	return 0;
}

int deploy_stop(const struct deploy *deploy, unsigned step, const struct deployed *container,
		const struct compose_service *service, struct err *err)
{
	if (service && container->is_running) {
		VEC_FOREACH(hook, &service->pre_stop) {
			if (run_one(deploy, step, container->id, "pre_stop", hook, err) < 0)
				return -1;
		}
	}
	return container_stop(deploy->engine, container->id, -1, err);
}
