#include "container_rm.h"

#include <string.h>

#include "device/exec.h"

/* Bytes of paths on one command line; the kernel takes 128 KiB for one word and 2 MiB for all. */
#define ARGUMENTS_MAX 100000

static int ignore_output(void *data, int stream, const char *text, size_t len, struct err *err)
{
	(void)data, (void)stream, (void)text, (void)len, (void)err;
	return 0;
}

static int run(struct engine *engine, const char *container, const struct strvec *argv,
	       bool *ret_done, struct err *err)
{
	const struct exec_request request = { .argv = argv, .cwd = "/", .user = "0" };
	const struct stream_sink sink = { .write = ignore_output };
	AUTO(err_release) struct err reason = ERR_INIT;
	int status = 0;

	*ret_done = false;
	if (exec_run(engine, container, &request, &sink, &status, &reason) < 0) {
		if (reason.kind == ERR_NETWORK || reason.kind == ERR_CANCELLED) {
			err_move(err, &reason);
			return -1;
		}
		/* It does not run, or is paused. */
		return 0;
	}
	*ret_done = status == 0;
	return 0;
}

int container_rm(struct engine *engine, const char *container, const struct strvec *paths,
		 bool *ret_done, struct err *err)
{
	size_t i = 0;

	*ret_done = true;
	while (i < paths->len && *ret_done) {
		AUTO(strvec_release) struct strvec argv = STRVEC_INIT;
		size_t len = 0;

		strvec_add(&argv, "rm");
		strvec_add(&argv, "-rf");
		strvec_add(&argv, "--");
		for (; i < paths->len && len < ARGUMENTS_MAX; i++) {
			strvec_add(&argv, paths->items[i]);
			len += strlen(paths->items[i]) + 1;
		}
		if (run(engine, container, &argv, ret_done, err) < 0)
			return -1;
	}
	return 0;
}
