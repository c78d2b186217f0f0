#include "device/image.h"

#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "call.h"
#include "json_lines.h"

#define LOAD_IDLE_MS 600000 /* a slow card unpacks for minutes without a word */

int board_image_inspect(struct engine *engine, const char *name, json_t **ret, struct err *err)
{
	AUTO(freep) char *what = xasprintf("look at image '%s'", name);
	AUTO(engine_call_release) struct engine_call call = { .method = "GET", .what = what };

	engine_call_path(&call, "/images/%s/json", name);
	return engine_call_json(engine, &call, ret, err);
}

static int list_images(struct engine *engine, json_t **ret, struct err *err)
{
	AUTO(engine_call_release)
	struct engine_call call = { .method = "GET", .what = "list its images" };

	engine_call_path(&call, "/images/json?all=1");
	return engine_call_json(engine, &call, ret, err);
}

int board_image_ids(struct engine *engine, struct strvec *ret, struct err *err)
{
	json_t *list = NULL, *item = NULL;
	size_t i = 0;

	if (list_images(engine, &list, err) < 0)
		return -1;
	json_array_foreach(list, i, item) strvec_add(ret, json_get_string(item, "Id") ?: "");
	json_decref(list);
	return 0;
}

static size_t common_layers(const json_t *image, const struct strvec *diff_ids)
{
	const json_t *layers = json_get_array(json_get_object(image, "RootFS"), "Layers");
	size_t count = 0;

	while (count < diff_ids->len && count < json_array_size(layers) &&
	       str_eq(json_string_value(json_array_get(layers, count)), diff_ids->items[count]))
		count++;
	return count;
}

int board_image_known_layers(struct engine *engine, const struct strvec *diff_ids,
			     size_t *ret_count, struct err *err)
{
	AUTO(strvec_release) struct strvec ids = STRVEC_INIT;

	*ret_count = 0;
	if (board_image_ids(engine, &ids, err) < 0)
		return -1;
	VEC_FOREACH(id, &ids) {
		json_t *image = NULL;
		size_t count = 0;

		/* One that was removed meanwhile knows nothing. */
		if (board_image_inspect(engine, *id, &image, NULL) < 0)
			continue;
		count = common_layers(image, diff_ids);
		json_decref(image);
		if (count > *ret_count)
			*ret_count = count;
	}
	return 0;
}

/* An answer that is a line of JSON after the other; an "error" among them ends it. */
struct line_answer {
	const struct byte_source *source; /* of the request; NULL = none */
	void (*line)(const struct line_answer *answer,
		     const json_t *json); /* NULL = nobody looks */
	const struct monitor *monitor;
	unsigned step;
	struct json_lines lines;
};

static int produce(void *data, char *buffer, size_t size, size_t *ret_len, struct err *err)
{
	const struct line_answer *answer = data;

	return answer->source->produce(answer->source->data, buffer, size, ret_len, err);
}

/* "error" is the old form, which newer engines leave out (API 1.48). */
static const char *failure_of(const json_t *json)
{
	const char *message = json_get_string(json_get_object(json, "errorDetail"), "message");
	const char *told = json_get_string(json, "stream");

	if (!message)
		message = json_get_string(json, "error");
	/* With the containerd store of Docker 24 and newer a load does not fail by that. */
	if (!message && told && str_has_prefix(told, "Error unpacking image"))
		message = told;
	return message;
}

static int take_line(void *data, const json_t *json, struct err *err)
{
	const struct line_answer *answer = data;
	const char *message = failure_of(json);

	if (message)
		return engine_says(ERR_SYSTEM, message, err);
	if (answer->line)
		answer->line(answer, json);
	return 0;
}

static int consume(void *data, const char *bytes, size_t len, struct err *err)
{
	struct line_answer *answer = data;

	return json_lines_take(&answer->lines, bytes, len, err);
}

/* The call of an answer of that kind, and what is left of its last line. */
static int call_for_lines(struct engine *engine, struct engine_call *call,
			  struct line_answer *answer, struct err *err)
{
	int status = 0;

	answer->lines = (struct json_lines){ .line = take_line, .data = answer };
	json_lines_init(&answer->lines, ENGINE_ANSWER_LIMIT);
	call->consume = consume;
	call->data = answer;
	call->idle_ms = LOAD_IDLE_MS;
	status = engine_call(engine, call, err);
	if (status == 0 && json_lines_end(&answer->lines, err) < 0)
		status = err_wrap(err, "board '%s': %s", engine_name(engine), call->what);
	json_lines_release(&answer->lines);
	return status;
}

int board_image_load(struct engine *engine, const struct byte_source *source, struct err *err)
{
	struct line_answer answer = { .source = source };
	AUTO(engine_call_release)
	struct engine_call call = { .method = "POST",
				    .what = "load an image",
				    .produce = produce,
				    .content_type = "application/x-tar" };

	engine_call_path(&call, "/images/load?quiet=1");
	return call_for_lines(engine, &call, &answer, err);
}

/* {"status":"Downloading","progressDetail":{"current":N,"total":N},"id":"0123abcd"} */
static void show_pull(const struct line_answer *answer, const json_t *json)
{
	const json_t *detail = json_get_object(json, "progressDetail");
	const char *status = json_get_string(json, "status"), *id = json_get_string(json, "id");

	if (id && detail && json_get_int(detail, "total", 0) > 0 && str_eq(status, "Downloading"))
		monitor_transfer(answer->monitor, answer->step, "pulling", id,
				 (uint64_t)json_get_int(detail, "current", 0),
				 (uint64_t)json_get_int(detail, "total", 0));
}

/* A colon before the last slash is a port. */
static char *split_tag(char *name)
{
	char *slash = strrchr(name, '/'), *tag = strrchr(name, ':');

	if (!tag || (slash && tag < slash))
		return NULL;
	*tag = '\0';
	return tag + 1;
}

int board_image_pull(struct engine *engine, const char *name, const char *platform,
		     const char *auth, const struct monitor *monitor, unsigned step,
		     struct err *err)
{
	struct line_answer answer = { .line = show_pull, .monitor = monitor, .step = step };
	AUTO(freep) char *what = xasprintf("pull image '%s'", name);
	AUTO(freep) char *repository = xstrdup(name);
	AUTO(engine_call_release)
	struct engine_call call = { .method = "POST", .what = what, .registry_auth = auth };
	/* A digest stands for itself. */
	const char *tag = strchr(name, '@') ? NULL : split_tag(repository);

	engine_call_path(&call, "/images/create?fromImage=%s", repository);
	if (!strchr(name, '@'))
		engine_call_query(&call, "tag", tag ? tag : "latest");
	if (platform)
		engine_call_query(&call, "platform", platform);
	return call_for_lines(engine, &call, &answer, err);
}

int board_image_tag(struct engine *engine, const char *image, const char *name, struct err *err)
{
	AUTO(freep) char *what = xasprintf("name image '%s'", name);
	AUTO(engine_call_release) struct engine_call call = { .method = "POST", .what = what };
	AUTO(freep) char *repository = xstrdup(name);
	const char *tag = split_tag(repository);

	engine_call_path(&call, "/images/%s/tag?repo=%s&tag=%s", image, repository,
			 tag ? tag : "latest");
	return engine_call(engine, &call, err);
}

int board_image_remove(struct engine *engine, const char *name, struct err *err)
{
	AUTO(freep) char *what = xasprintf("remove image '%s'", name);
	AUTO(engine_call_release) struct engine_call call = { .method = "DELETE", .what = what };

	engine_call_path(&call, "/images/%s", name);
	if (engine_call(engine, &call, err) == 0)
		return 0;
	if (call.status != 404 && call.status != 409)
		return -1;
	if (err)
		err_clear(err);
	return 0;
}
