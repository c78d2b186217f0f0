#include "device/resource.h"

#include "base/alloc.h"
#include "base/json.h"
#include "call.h"

static int inspect(struct engine *engine, const char *kind, const char *name, json_t **ret,
		   struct err *err)
{
	AUTO(freep) char *what = xasprintf("look at %s '%s'", kind, name);
	AUTO(engine_call_release) struct engine_call call = { .method = "GET", .what = what };

	engine_call_path(&call, str_eq(kind, "network") ? "/networks/%s" : "/volumes/%s", name);
	return engine_call_json(engine, &call, ret, err);
}

static int create(struct engine *engine, const char *kind, const json_t *body, struct err *err)
{
	AUTO(freep)
	char *what = xasprintf("create %s '%s'", kind, json_get_string(body, "Name") ?: "");
	AUTO(engine_call_release)
	struct engine_call call = {
		.method = "POST", .what = what, .body = body, .is_awaited = true
	};

	engine_call_path(&call, str_eq(kind, "network") ? "/networks/create" : "/volumes/create");
	return engine_call(engine, &call, err);
}

int network_inspect(struct engine *engine, const char *name, json_t **ret, struct err *err)
{
	return inspect(engine, "network", name, ret, err);
}

int network_create(struct engine *engine, const json_t *body, struct err *err)
{
	return create(engine, "network", body, err);
}

int network_remove(struct engine *engine, const char *name, struct err *err)
{
	AUTO(freep) char *what = xasprintf("remove network '%s'", name);
	AUTO(engine_call_release)
	struct engine_call call = { .method = "DELETE", .what = what, .is_awaited = true };

	engine_call_path(&call, "/networks/%s", name);
	return engine_call(engine, &call, err);
}

int network_disconnect(struct engine *engine, const char *name, const char *container,
		       struct err *err)
{
	AUTO(freep) char *what = xasprintf("take '%s' off network '%s'", container, name);
	json_auto_t *body = json_pack("{s:s, s:b}", "Container", container, "Force", 1);
	AUTO(engine_call_release)
	struct engine_call call = { .method = "POST", .what = what, .body = body };

	engine_call_path(&call, "/networks/%s/disconnect", name);
	return engine_call(engine, &call, err);
}

int network_connect(struct engine *engine, const char *name, const char *container,
		    const json_t *endpoint, struct err *err)
{
	AUTO(freep) char *what = xasprintf("connect '%s' to network '%s'", container, name);
	json_t *body = json_pack("{s:s}", "Container", container);
	AUTO(engine_call_release)
	struct engine_call call = { .method = "POST", .what = what, .body = body };
	int status = 0;

	if (endpoint)
		json_object_set_new(body, "EndpointConfig", json_deep_copy(endpoint));
	engine_call_path(&call, "/networks/%s/connect", name);
	status = engine_call(engine, &call, err);
	json_decref(body);
	return status;
}

int volume_inspect(struct engine *engine, const char *name, json_t **ret, struct err *err)
{
	return inspect(engine, "volume", name, ret, err);
}

int volume_remove(struct engine *engine, const char *name, struct err *err)
{
	AUTO(freep) char *what = xasprintf("remove volume '%s'", name);
	AUTO(engine_call_release) struct engine_call call = { .method = "DELETE", .what = what };

	engine_call_path(&call, "/volumes/%s", name);
	return engine_call(engine, &call, err);
}

int volume_create(struct engine *engine, const json_t *body, struct err *err)
{
	return create(engine, "volume", body, err);
}
