/* The labels by which docker compose, and we, know containers, networks and volumes again; and their hashes. */
#include "base/alloc.h"
#include "base/json.h"
#include "engine.h"
#include "image/digest.h"
#include "print.h"
#include "tree.h"

#define LABEL "com.docker.compose."

static char *hash_tree(struct yaml *node)
{
	AUTO(str_release) struct str text = STR_INIT;
	struct digest digest = { 0 };

	print_tree(node, &text);
	digest_of(text.ptr, text.len, &digest);
	return xstrdup(digest_hex(&digest));
}

char *compose_service_hash(const struct compose *compose, const char *service)
{
	static const char *const left_out[] = { "build",      "pull_policy", "scale",
						"depends_on", "profiles",    "develop" };
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct yaml *services = yaml_get(compose_tree(compose), "services");
	const struct yaml *node = yaml_get(services, service);
	struct yaml *copy = node ? yaml_copy(arena, node) : NULL;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
		yaml_remove(copy, left_out[i]);
	if (yaml_is(yaml_get(copy, "deploy"), YAML_MAP))
		yaml_remove(yaml_get(copy, "deploy"), "replicas");
	return hash_tree(copy);
}

static void add_dependencies(const struct yaml *depends_on, struct str *out)
{
	YAML_EACH_ENTRY(entry, depends_on) {
		const struct yaml *restart = yaml_get(entry->value, "restart");

		str_addf(out, "%s%s:%s:%s", out->len ? "," : "", entry->key,
			 yaml_get_text(entry->value, "condition") ?: "service_started",
			 yaml_is(restart, YAML_BOOL) && restart->boolean ? "true" : "false");
	}
}

json_t *request_labels(const struct request *request)
{
	AUTO(str_release) struct str dependencies = STR_INIT;
	AUTO(freep) char *number = xasprintf("%u", request->number);
	AUTO(freep) char *hash = compose_service_hash(request->compose, request->name);
	AUTO(freep) char *files = strvec_join(compose_files(request->compose), ",");
	AUTO(freep) char *env_files = strvec_join(compose_env_files(request->compose), ",");
	json_t *labels = pairs_json(yaml_get(request->service, "labels"));

	add_dependencies(yaml_get(request->service, "depends_on"), &dependencies);
	json_set_string(labels, LABEL "project", compose_name(request->compose));
	json_set_string(labels, LABEL "service", request->name);
	json_set_string(labels, LABEL "container-number", number);
	json_set_string(labels, LABEL "oneoff", "False");
	json_set_string(labels, LABEL "config-hash", hash);
	json_set_string(labels, LABEL "depends_on", dependencies.ptr);
	json_set_string(labels, LABEL "version", request->engine->version);
	json_set_string(labels, LABEL "project.working_dir", compose_directory(request->compose));
	json_set_string(labels, LABEL "project.config_files", files);
	if (*env_files)
		json_set_string(labels, LABEL "project.environment_file", env_files);
	if (request->engine->image_id)
		json_set_string(labels, LABEL "image", request->engine->image_id);
	return labels;
}

json_t *resource_labels(const struct compose *compose, const struct compose_engine *engine,
			const struct yaml *resource, const char *kind, const char *key)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(freep) char *hash = hash_tree(yaml_copy(arena, resource));
	AUTO(freep) char *label = xasprintf(LABEL "%s", kind);
	json_t *labels = pairs_json(yaml_get(resource, "labels"));

	json_set_string(labels, LABEL "project", compose_name(compose));
	json_object_set_new(labels, label, json_string(key));
	json_set_string(labels, LABEL "version", engine->version);
	json_set_string(labels, LABEL "config-hash", hash);
	return labels;
}
