#include "device/events.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "call.h"
#include "json_lines.h"

#define EVENT_LIMIT ((size_t)1 << 20)

int engine_info(struct engine *engine, json_t **ret, struct err *err)
{
	AUTO(engine_call_release)
	struct engine_call call = { .method = "GET", .what = "ask about the board" };

	engine_call_path(&call, "/info");
	return engine_call_json(engine, &call, ret, err);
}

/* [["driver-type", "io.containerd.snapshotter.v1"]], as docker(1) looks for it. */
int engine_keeps_blobs(struct engine *engine, bool *ret, struct err *err)
{
	json_t *info = NULL, *pair = NULL;
	size_t i = 0;

	*ret = false;
	if (engine_info(engine, &info, err) < 0)
		return -1;
	json_array_foreach(json_get_array(info, "DriverStatus"), i, pair)
	{
		if (str_eq(json_string_value(json_array_get(pair, 0)) ?: "", "driver-type") &&
		    str_has_prefix(json_string_value(json_array_get(pair, 1)) ?: "",
				   "io.containerd.snapshotter."))
			*ret = true;
	}
	json_decref(info);
	return 0;
}

static int consume(void *data, const char *bytes, size_t len, struct err *err)
{
	return json_lines_take(data, bytes, len, err);
}

int engine_listen(struct engine *engine, const char *label, const struct engine_listener *listener,
		  const struct monitor *monitor, struct err *err)
{
	AUTO(json_lines_release)
	struct json_lines lines = { .line = listener->event, .data = listener->data };
	AUTO(engine_call_release)
	struct engine_call call = { .method = "GET",
				    .what = "listen to its events",
				    .consume = consume,
				    .data = &lines,
				    .idle_ms = ENGINE_NO_DEADLINE,
				    .monitor = monitor };
	AUTO(freep)
	char *filters = xasprintf("{\"type\":[\"container\"],\"label\":[\"%s\"]}", label);

	json_lines_init(&lines, EVENT_LIMIT);
	engine_call_path(&call, "/events?filters=%s", filters);
	return engine_call(engine, &call, err);
}
