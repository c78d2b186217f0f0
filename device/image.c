#include "device/image.h"

#include "base/alloc.h"
#include "base/json.h"
#include "call.h"

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
	json_t *list = NULL, *item = NULL;
	size_t i = 0;

	*ret_count = 0;
	if (list_images(engine, &list, err) < 0)
		return -1;
	json_array_foreach(list, i, item)
	{
		json_t *image = NULL;
		size_t count = 0;

		/* One that was removed meanwhile knows nothing. */
		if (board_image_inspect(engine, json_get_string(item, "Id") ?: "", &image, NULL) <
		    0)
			continue;
		count = common_layers(image, diff_ids);
		json_decref(image);
		if (count > *ret_count)
			*ret_count = count;
	}
	json_decref(list);
	return 0;
}

/* The answer is a stream of JSON objects; only an "error" among them matters. */
struct load_answer {
	const struct archive_source *source;
	struct str line;
};

static int produce(void *data, char *buffer, size_t size, size_t *ret_len, struct err *err)
{
	const struct load_answer *answer = data;

	return answer->source->produce(answer->source->data, buffer, size, ret_len, err);
}

static int take_line(struct load_answer *answer, struct err *err)
{
	json_t *json = NULL;
	const char *message = NULL;
	int status = 0;

	if (json_parse(str_span(&answer->line), "the answer", &json, NULL) == 0)
		message = json_get_string(json, "error");
	if (message)
		status = err_set(err, ERR_SYSTEM, "%s", message);
	json_decref(json);
	str_clear(&answer->line);
	return status;
}

static int consume(void *data, const char *bytes, size_t len, struct err *err)
{
	struct load_answer *answer = data;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n')
			str_addc(&answer->line, bytes[i]);
		else if (take_line(answer, err) < 0)
			return -1;
	}
	return 0;
}

static void load_answer_release(struct load_answer *answer)
{
	str_release(&answer->line);
}

int board_image_load(struct engine *engine, const struct archive_source *source, struct err *err)
{
	AUTO(load_answer_release) struct load_answer answer = { .source = source };
	AUTO(engine_call_release)
	struct engine_call call = { .method = "POST",
				    .what = "load an image",
				    .produce = produce,
				    .content_type = "application/x-tar",
				    .consume = consume,
				    .data = &answer,
				    .idle_ms = LOAD_IDLE_MS };

	str_init(&answer.line, ENGINE_ANSWER_LIMIT);
	engine_call_path(&call, "/images/load?quiet=1");
	if (engine_call(engine, &call, err) < 0)
		return -1;
	if (take_line(&answer, err) < 0)
		return err_wrap(err, "board '%s': load an image", engine_name(engine));
	return 0;
}

int board_image_tag(struct engine *engine, const char *image, const char *name, struct err *err)
{
	AUTO(freep) char *what = xasprintf("name image '%s'", name);
	AUTO(engine_call_release) struct engine_call call = { .method = "POST", .what = what };
	AUTO(freep) char *repository = xstrdup(name);
	char *slash = strrchr(repository, '/'), *tag = strrchr(repository, ':');

	/* A colon before the last slash is a port. */
	if (tag && (!slash || tag > slash))
		*tag++ = '\0';
	else
		tag = NULL;
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
