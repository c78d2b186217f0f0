#include "device/events.h"

#include "base/alloc.h"
#include "base/json.h"
#include "call.h"

#define EVENT_LIMIT ((size_t)1 << 20)

int engine_info(struct engine *engine, json_t **ret, struct err *err)
{
	AUTO(engine_call_release)
	struct engine_call call = { .method = "GET", .what = "ask about the board" };

	engine_call_path(&call, "/info");
	return engine_call_json(engine, &call, ret, err);
}

struct listening {
	const struct engine_listener *listener;
	struct str line;
};

static void listening_release(struct listening *listening)
{
	str_release(&listening->line);
}

static int take_line(struct listening *listening, struct err *err)
{
	json_t *event = NULL;
	int status = 0;

	if (json_parse(str_span(&listening->line), "an event", &event, err) < 0)
		return -1;
	str_clear(&listening->line);
	status = listening->listener->event(listening->listener->data, event, err);
	json_decref(event);
	return status;
}

static int consume(void *data, const char *bytes, size_t len, struct err *err)
{
	struct listening *listening = data;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n')
			str_addc(&listening->line, bytes[i]);
		else if (listening->line.len > 0 && take_line(listening, err) < 0)
			return -1;
	}
	return 0;
}

int engine_listen(struct engine *engine, const char *label, const struct engine_listener *listener,
		  const struct monitor *monitor, struct err *err)
{
	AUTO(listening_release) struct listening listening = { .listener = listener };
	AUTO(engine_call_release)
	struct engine_call call = { .method = "GET",
				    .what = "listen to its events",
				    .consume = consume,
				    .data = &listening,
				    .idle_ms = ENGINE_NO_DEADLINE,
				    .monitor = monitor };
	AUTO(freep)
	char *filters = xasprintf("{\"type\":[\"container\"],\"label\":[\"%s\"]}", label);

	str_init(&listening.line, EVENT_LIMIT);
	engine_call_path(&call, "/events?filters=%s", filters);
	return engine_call(engine, &call, err);
}
