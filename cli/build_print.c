#include "build_print.h"

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"

static void set_unless_empty(json_t *object, const char *key, json_t *owned_value)
{
	bool is_empty = json_is_array(owned_value) ? json_array_size(owned_value) == 0
						   : json_object_size(owned_value) == 0;

	if (is_empty)
		json_decref(owned_value);
	else
		(void)json_object_set_new(object, key, owned_value);
}

static json_t *texts_json(const struct strvec *texts)
{
	json_t *array = json_array();

	VEC_FOREACH(text, texts)
		(void)json_array_append_new(array, json_string(*text));
	return array;
}

/* A name without a value has that of the environment: null. */
static json_t *pairs_json(const struct strmap *pairs)
{
	json_t *object = json_object();

	VEC_FOREACH(pair, pairs)
		(void)json_object_set_new(object, pair->key,
					  pair->value ? json_string(pair->value) : json_null());
	return object;
}

static json_t *contexts_json(const struct build_item *item)
{
	json_t *object = json_object();

	VEC_FOREACH(word, &item->args->source.named_contexts) {
		struct span value = span_of(*word), name;
		AUTO(freep) char *key = NULL;

		(void)span_cut(&value, '=', &name);
		key = span_dup(name);
		(void)json_object_set_new(object, key, json_stringn(value.ptr, value.len));
	}
	VEC_FOREACH(target, &item->service.targets) {
		AUTO(freep) char *value = xasprintf("target:%s", target->value);

		json_set_string(object, target->key, value);
	}
	return object;
}

static json_t *platforms_json(const struct machines *machines)
{
	json_t *array = json_array();
	char text[PLATFORM_TEXT_MAX];

	for (size_t i = 0; i < machines->len; i++)
		(void)json_array_append_new(
			array, json_string(platform_format(&machines->items[i].platform, text)));
	return array;
}

/* Relative to the context, as bake has it, when it is in there; the caller frees. */
static char *dockerfile_name(const struct build_request *request)
{
	AUTO(freep) char *context = NULL, *file = NULL;

	if (!request->dockerfile)
		return xstrdup("Dockerfile");
	if (fs_realpath(request->context_dir, &context, NULL) < 0 ||
	    fs_realpath(request->dockerfile, &file, NULL) < 0)
		return xstrdup(request->dockerfile);
	if (str_has_prefix(file, context) && file[strlen(context)] == '/')
		return xstrdup(file + strlen(context) + 1);
	return TAKE(file);
}

static json_t *output_json(const struct build_item *item)
{
	json_t *array = json_array();

	if (item->args->result.push)
		(void)json_array_append_new(array,
					    json_pack("{s:s,s:s}", "type", "image", "push",
						      item->has_image_name ? "true" : "false"));
	return array;
}

/* {"type": "registry", "ref": ...}; a name by itself is that of a registry. */
static json_t *cache_json(const char *text)
{
	AUTO(strmap_release) struct strmap attributes = STRMAP_INIT;

	if (!strchr(text, '='))
		return json_pack("{s:s,s:s}", "ref", text, "type", "registry");
	if (attributes_parse(text, &attributes, NULL) < 0)
		return json_string(text);
	return pairs_json(&attributes);
}

static json_t *secret_json(const char *text)
{
	AUTO(strmap_release) struct strmap attributes = STRMAP_INIT;

	if (attributes_parse(text, &attributes, NULL) < 0)
		return json_string(text);
	return pairs_json(&attributes);
}

/* ID=PATH[,PATH] */
static json_t *ssh_json(const char *text)
{
	struct span rest = span_of(text), id, path;
	json_t *object = json_object(), *paths = json_array();

	(void)span_cut(&rest, '=', &id);
	(void)json_object_set_new(object, "id", json_stringn(id.ptr, id.len));
	while (rest.len > 0) {
		(void)span_cut(&rest, ',', &path);
		(void)json_array_append_new(paths, json_stringn(path.ptr, path.len));
	}
	set_unless_empty(object, "paths", paths);
	return object;
}

static json_t *objects_json(const struct strvec *texts, json_t *(*object_json)(const char *text))
{
	json_t *array = json_array();

	VEC_FOREACH(text, texts)
		(void)json_array_append_new(array, object_json(*text));
	return array;
}

static json_t *hosts_json(const struct strvec *hosts)
{
	json_t *object = json_object();

	VEC_FOREACH(host, hosts) {
		struct span address = span_of(*host), name;
		AUTO(freep) char *key = NULL;

		(void)span_cut(&address, ':', &name);
		key = span_dup(name);
		(void)json_object_set_new(object, key, json_stringn(address.ptr, address.len));
	}
	return object;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_set_string(object, key, text);
}

static void set_source(const struct build_item *item, json_t *target)
{
	const struct build_request *request = &item->plan.request;
	AUTO(freep) char *dockerfile = dockerfile_name(request);

	json_set_string(target, "context", request->context_dir);
	set_unless_empty(target, "contexts", contexts_json(item));
	if (request->dockerfile_text)
		json_set_string(target, "dockerfile-inline", request->dockerfile_text);
	else
		json_set_string(target, "dockerfile", dockerfile);
	set_unless_empty(target, "args", pairs_json(request->build_args));
	set_text(target, "target", request->target);
	set_unless_empty(target, "platforms", platforms_json(&item->plan.machines));
}

static void set_run(const struct build_run_args *run, json_t *target)
{
	set_unless_empty(target, "secret", objects_json(&run->secrets, secret_json));
	set_unless_empty(target, "ssh", objects_json(&run->ssh, ssh_json));
	set_unless_empty(target, "volumes", texts_json(&run->volumes));
	set_unless_empty(target, "ulimits", texts_json(&run->limits));
	set_unless_empty(target, "extra-hosts", hosts_json(&run->hosts));
	set_unless_empty(target, "entitlements", texts_json(&run->allowed));
	set_text(target, "shm-size", run->shm_size);
	set_text(target, "network", run->network);
}

static json_t *item_json(const struct build_item *item)
{
	const struct build_request *request = &item->plan.request;
	const struct build_cache_args *cache = &item->args->cache;
	json_t *target = json_object();

	set_source(item, target);
	set_run(&item->args->run, target);
	set_unless_empty(target, "labels", pairs_json(request->labels));
	set_unless_empty(target, "tags", texts_json(&item->args->result.tags));
	set_unless_empty(target, "output", output_json(item));
	set_unless_empty(target, "cache-from", objects_json(&cache->from, cache_json));
	set_unless_empty(target, "cache-to", objects_json(&cache->to, cache_json));
	set_unless_empty(target, "no-cache-filter", texts_json(request->no_cache_stages));
	if (request->pull)
		(void)json_object_set_new(target, "pull", json_true());
	if (request->no_cache)
		(void)json_object_set_new(target, "no-cache", json_true());
	return target;
}

void build_print(const struct build_project *project, struct str *out)
{
	json_auto_t *root = json_object();
	json_t *names = json_array(), *targets = json_object();

	for (size_t i = 0; i < project->len; i++) {
		const struct build_item *item = &project->items[i];
		const char *name = item->name ? item->name : "default";

		(void)json_array_append_new(names, json_string(name));
		(void)json_object_set_new(targets, name, item_json(item));
	}
	(void)json_object_set_new(root, "group",
				  json_pack("{s:{s:o}}", "default", "targets", names));
	(void)json_object_set_new(root, "target", targets);
	json_write_pretty(root, out);
}
