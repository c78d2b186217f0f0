#include "device/exec.h"

#include "base/alloc.h"
#include "base/json.h"
#include "call.h"
#include "exec_call.h"

int exec_create(struct engine *engine, const char *container, const struct exec_request *request,
		char **ret_id, struct err *err)
{
	AUTO(freep)
	char *what = xasprintf("start '%s' in container '%s'", request->argv->items[0], container);
	json_t *body = json_pack("{s:b, s:b, s:b, s:b, s:b, s:o}", "AttachStdin",
				 request->takes_input, "AttachStdout", 1, "AttachStderr", 1, "Tty",
				 request->terminal, "Privileged", request->privileged, "Cmd",
				 json_from_strvec(request->argv));
	AUTO(engine_call_release)
	struct engine_call call = { .method = "POST", .what = what, .body = body };
	json_t *answer = NULL;
	int status = 0;

	if (request->env)
		json_object_set_new(body, "Env", json_from_strvec(request->env));
	if (request->cwd)
		json_set_string(body, "WorkingDir", request->cwd);
	if (request->user)
		json_set_string(body, "User", request->user);
	engine_call_path(&call, "/containers/%s/exec", container);
	status = engine_call_json(engine, &call, &answer, err);
	json_decref(body);
	if (status < 0)
		return -1;
	*ret_id = xstrdup(json_get_string(answer, "Id") ?: "");
	json_decref(answer);
	return 0;
}

int exec_status(struct engine *engine, const char *id, int *ret_status, struct err *err)
{
	AUTO(engine_call_release)
	struct engine_call call = { .method = "GET", .what = "ask how a program ended" };
	json_t *answer = NULL;

	engine_call_path(&call, "/exec/%s/json", id);
	if (engine_call_json(engine, &call, &answer, err) < 0)
		return -1;
	*ret_status = (int)json_get_int(answer, "ExitCode", 0);
	json_decref(answer);
	return 0;
}

static int consume(void *data, const char *bytes, size_t len, struct err *err)
{
	return stream_read(data, bytes, len, err);
}

int exec_run(struct engine *engine, const char *container, const struct exec_request *request,
	     const struct stream_sink *sink, int *ret_status, struct err *err)
{
	AUTO(freep) char *id = NULL;
	AUTO(freep)
	char *what = xasprintf("run '%s' in container '%s'", request->argv->items[0], container);
	json_t *body = json_pack("{s:b, s:b}", "Detach", 0, "Tty", 0);
	struct stream_reader reader = { .sink = sink };
	AUTO(engine_call_release)
	struct engine_call call = { .method = "POST",
				    .what = what,
				    .body = body,
				    .consume = consume,
				    .data = &reader,
				    .idle_ms = ENGINE_NO_DEADLINE };
	int status = exec_create(engine, container, request, &id, err);

	if (status == 0) {
		engine_call_path(&call, "/exec/%s/start", id);
		status = engine_call(engine, &call, err);
	}
	json_decref(body);
	return status < 0 ? -1 : exec_status(engine, id, ret_status, err);
}
