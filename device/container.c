#include "device/container.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "call.h"

/* On top of what the container is given to stop, which 409 or a hang would exceed. */
#define STOP_MARGIN_MS  60000
#define STOP_MS_UNKNOWN 600000

void containers_release(struct containers *containers)
{
	VEC_FOREACH(container, containers) {
		free(container->id);
		free(container->name);
		free(container->image);
		free(container->state);
		free(container->status);
		strmap_release(&container->labels);
	}
	free(containers->items);
	*containers = (struct containers){ .items = NULL };
}

/* --- the list --- */

static char *string_of(const json_t *object, const char *key)
{
	return xstrdup(json_get_string(object, key) ?: "");
}

static void read_container(const json_t *json, struct container *ret)
{
	const char *name = json_string_value(json_array_get(json_get_array(json, "Names"), 0));
	const char *key = NULL;
	json_t *value = NULL;

	ret->id = string_of(json, "Id");
	ret->name = xstrdup(name && *name == '/' ? name + 1 : name ?: "");
	ret->image = string_of(json, "Image");
	ret->state = string_of(json, "State");
	ret->status = string_of(json, "Status");
	ret->created = json_get_int(json, "Created", 0);
	json_object_foreach(json_get_object(json, "Labels"), key, value)
		strmap_set(&ret->labels, key, json_string_value(value) ?: "");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct container *)a)->name, ((const struct container *)b)->name);
}

int containers_list(struct engine *engine, const char *label, bool stopped_too,
		    struct containers *ret, struct err *err)
{
	AUTO(engine_call_release)
	struct engine_call call = { .method = "GET", .what = "list its containers" };
	AUTO(freep) char *filters = label ? xasprintf("{\"label\":[\"%s\"]}", label) : NULL;
	json_t *list = NULL, *item = NULL;
	size_t i = 0;

	engine_call_path(&call, "/containers/json");
	if (stopped_too)
		engine_call_query(&call, "all", "1");
	if (filters)
		engine_call_query(&call, "filters", filters);
	if (engine_call_json(engine, &call, &list, err) < 0)
		return -1;
	json_array_foreach(list, i, item) read_container(item, VEC_ADD(ret));
	json_decref(list);
	if (ret->len > 1)
		qsort(ret->items, ret->len, sizeof(*ret->items), by_name);
	return 0;
}

/* --- one of them --- */

int container_create(struct engine *engine, const char *name, const char *platform,
		     const json_t *body, char **ret_id, struct strvec *warnings, struct err *err)
{
	AUTO(freep) char *what = xasprintf("create container '%s'", name);
	AUTO(engine_call_release)
	struct engine_call call = {
		.method = "POST", .what = what, .body = body, .idle_ms = 120000, .is_awaited = true
	};
	json_t *answer = NULL;

	engine_call_path(&call, "/containers/create?name=%s", name);
	/* Since API 1.41; an engine that runs one platform only needs no word of it. */
	if (platform && engine_about(engine)->api_minor >= 41)
		engine_call_query(&call, "platform", platform);
	if (engine_call_json(engine, &call, &answer, err) < 0)
		return -1;
	*ret_id = string_of(answer, "Id");
	json_to_strvec(json_get_array(answer, "Warnings"), warnings);
	json_decref(answer);
	return 0;
}

/* POST /containers/ID/VERB; 304 says that there was nothing to do. */
static int command(struct engine *engine, const char *id, const char *verb, const char *key,
		   const char *value, uint32_t idle_ms, struct err *err)
{
	AUTO(freep) char *what = xasprintf("%s container '%s'", verb, id);
	AUTO(engine_call_release)
	struct engine_call call = {
		.method = "POST",
		.what = what,
		.idle_ms = idle_ms,
		/* One that ends a moment later would not be started again by an undo. */
		.is_awaited = str_eq(verb, "stop")
	};

	engine_call_path(&call, "/containers/%s/%s", id, verb);
	if (value)
		engine_call_query(&call, key, value);
	return engine_call(engine, &call, err);
}

static int stop_command(struct engine *engine, const char *id, const char *verb, int seconds,
			struct err *err)
{
	AUTO(freep) char *text = seconds >= 0 ? xasprintf("%d", seconds) : NULL;
	uint32_t idle_ms =
		seconds >= 0 ? (uint32_t)seconds * 1000 + STOP_MARGIN_MS : STOP_MS_UNKNOWN;

	return command(engine, id, verb, "t", text, idle_ms, err);
}

int container_start(struct engine *engine, const char *id, struct err *err)
{
	return command(engine, id, "start", NULL, NULL, 120000, err);
}

int container_stop(struct engine *engine, const char *id, int seconds, struct err *err)
{
	return stop_command(engine, id, "stop", seconds, err);
}

int container_restart(struct engine *engine, const char *id, int seconds, struct err *err)
{
	return stop_command(engine, id, "restart", seconds, err);
}

int container_kill(struct engine *engine, const char *id, const char *signal, struct err *err)
{
	return command(engine, id, "kill", "signal", signal, 0, err);
}

int container_rename(struct engine *engine, const char *id, const char *name, struct err *err)
{
	return command(engine, id, "rename", "name", name, 0, err);
}

int container_remove(struct engine *engine, const char *id, bool volumes, struct err *err)
{
	AUTO(freep) char *what = xasprintf("remove container '%s'", id);
	AUTO(engine_call_release)
	struct engine_call call = { .method = "DELETE", .what = what, .idle_ms = 120000 };

	engine_call_path(&call, "/containers/%s?force=1", id);
	if (volumes)
		engine_call_query(&call, "v", "1");
	if (engine_call(engine, &call, err) == 0)
		return 0;
	if (call.status != 404)
		return -1;
	if (err)
		err_clear(err);
	return 0;
}

int container_inspect(struct engine *engine, const char *id, json_t **ret, struct err *err)
{
	AUTO(freep) char *what = xasprintf("look at container '%s'", id);
	AUTO(engine_call_release) struct engine_call call = { .method = "GET", .what = what };

	engine_call_path(&call, "/containers/%s/json", id);
	return engine_call_json(engine, &call, ret, err);
}

int container_wait(struct engine *engine, const char *id, int *ret_status, struct err *err)
{
	AUTO(freep) char *what = xasprintf("wait for container '%s'", id);
	AUTO(engine_call_release)
	struct engine_call call = { .method = "POST", .what = what, .idle_ms = ENGINE_NO_DEADLINE };
	json_t *answer = NULL;

	engine_call_path(&call, "/containers/%s/wait", id);
	if (engine_call_json(engine, &call, &answer, err) < 0)
		return -1;
	*ret_status = (int)json_get_int(answer, "StatusCode", 0);
	json_decref(answer);
	return 0;
}
