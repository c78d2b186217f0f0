/* The labels by which docker compose, and we, know containers, networks and volumes again; and their hashes. */
#include "base/alloc.h"
#include "base/json.h"
#include "config_hash.h"
#include "engine.h"
#include "tree.h"

#define LABEL "com.docker.compose."

/* "service:x" as docker compose resolves it before it hashes; NULL = not one of the project that has a container. */
static const char *container_of(const struct compose_engine *engine, const char *service)
{
	return engine && engine->containers ? strmap_get(engine->containers, service) : NULL;
}

static void resolve_namespace(struct arena *arena, const struct compose_engine *engine,
			      struct yaml *service, const char *attribute)
{
	struct yaml *mode = yaml_get(service, attribute);
	const char *id = NULL;

	if (!yaml_is(mode, YAML_STRING) || !str_has_prefix(mode->text, "service:"))
		return;
	id = container_of(engine, mode->text + strlen("service:"));
	if (id)
		yaml_set(arena, service, attribute,
			 yaml_new_stringf(arena, mode, "container:%s", id));
}

static void resolve_volumes_from(struct arena *arena, const struct compose_engine *engine,
				 struct yaml *service)
{
	YAML_EACH_ITEM(item, yaml_get(service, "volumes_from")) {
		const char *text = (*item)->text;
		bool is_service = !str_has_prefix(text, "container:");
		const char *from = is_service ? text : text + strlen("container:");
		AUTO(freep) char *name = xstrndup(from, strcspn(from, ":"));
		const char *id = is_service ? container_of(engine, name) : name;

		if (id)
			*item = yaml_new_string(arena, id, *item);
	}
}

static char *service_hash(const struct compose *compose, const struct compose_engine *engine,
			  const char *service)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct yaml *services = yaml_get(compose_tree(compose), "services");
	const struct yaml *node = yaml_get(services, service);
	struct yaml *copy = node ? yaml_copy(arena, node) : NULL;

	if (!copy)
		return NULL;
	if (engine && engine->containers) {
		resolve_namespace(arena, engine, copy, "network_mode");
		resolve_namespace(arena, engine, copy, "ipc");
		resolve_namespace(arena, engine, copy, "pid");
		resolve_volumes_from(arena, engine, copy);
	}
	return config_hash_service(copy);
}

char *compose_service_hash(const struct compose *compose, const char *service)
{
	return service_hash(compose, NULL, service);
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
	AUTO(freep) char *hash = service_hash(request->compose, request->engine, request->name);
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
	AUTO(freep)
	char *hash = str_eq(kind, "network") ? config_hash_network(resource)
					     : config_hash_volume(resource);
	AUTO(freep) char *label = xasprintf(LABEL "%s", kind);
	json_t *labels = pairs_json(yaml_get(resource, "labels"));

	json_set_string(labels, LABEL "project", compose_name(compose));
	json_object_set_new(labels, label, json_string(key));
	json_set_string(labels, LABEL "version", engine->version);
	json_set_string(labels, LABEL "config-hash", hash);
	return labels;
}
