#include "decode.h"

#include <stddef.h>

enum field_kind { FIELD_TEXT, FIELD_SWITCH, FIELD_TEXTS, FIELD_PAIRS };

struct field {
	const char *attribute;
	enum field_kind kind;
	size_t offset;
};

#define FIELD_KIND(T, member) \
	_Generic(((T *)0)->member,               \
		 const char *: FIELD_TEXT,       \
		 bool: FIELD_SWITCH,             \
		 struct strvec: FIELD_TEXTS,     \
		 struct strmap: FIELD_PAIRS)
/* A member that is called as its attribute. */
#define FIELD(T, member)                                                                           \
	{                                                                                          \
		.attribute = #member, .kind = FIELD_KIND(T, member), .offset = offsetof(T, member) \
	}

static const struct field build_fields[] = {
	FIELD(struct compose_build, additional_contexts),
	FIELD(struct compose_build, args),
	FIELD(struct compose_build, cache_from),
	FIELD(struct compose_build, cache_to),
	FIELD(struct compose_build, context),
	FIELD(struct compose_build, dockerfile),
	FIELD(struct compose_build, dockerfile_inline),
	FIELD(struct compose_build, entitlements),
	FIELD(struct compose_build, extra_hosts),
	FIELD(struct compose_build, isolation),
	FIELD(struct compose_build, labels),
	FIELD(struct compose_build, network),
	FIELD(struct compose_build, no_cache),
	FIELD(struct compose_build, no_cache_filter),
	FIELD(struct compose_build, platforms),
	FIELD(struct compose_build, privileged),
	FIELD(struct compose_build, provenance),
	FIELD(struct compose_build, pull),
	FIELD(struct compose_build, sbom),
	FIELD(struct compose_build, shm_size),
	FIELD(struct compose_build, ssh),
	FIELD(struct compose_build, tags),
	FIELD(struct compose_build, target),
};

static const struct field source_fields[] = {
	FIELD(struct compose_source, gid),    FIELD(struct compose_source, mode),
	FIELD(struct compose_source, source), FIELD(struct compose_source, target),
	FIELD(struct compose_source, uid),
};

static const struct field dependency_fields[] = {
	FIELD(struct compose_dependency, required),
	FIELD(struct compose_dependency, restart),
};

static const struct field hook_fields[] = {
	FIELD(struct compose_hook, command),     FIELD(struct compose_hook, environment),
	FIELD(struct compose_hook, image),       FIELD(struct compose_hook, per_replica),
	FIELD(struct compose_hook, privileged),  FIELD(struct compose_hook, user),
	FIELD(struct compose_hook, working_dir),
};

static const struct field watch_fields[] = {
	FIELD(struct compose_watch, ignore),       FIELD(struct compose_watch, include),
	FIELD(struct compose_watch, path),         FIELD(struct compose_watch, target),
	FIELD(struct compose_watch, initial_sync),
};

static const struct field service_fields[] = {
	FIELD(struct compose_service, container_name),
	FIELD(struct compose_service, environment),
	{ .attribute = "x-edgectl",
	  .kind = FIELD_PAIRS,
	  .offset = offsetof(struct compose_service, edgectl) },
	FIELD(struct compose_service, image),
	FIELD(struct compose_service, labels),
	FIELD(struct compose_service, platform),
	FIELD(struct compose_service, profiles),
	FIELD(struct compose_service, pull_policy),
};

static const struct field resource_fields[] = {
	FIELD(struct compose_resource, content),  FIELD(struct compose_resource, environment),
	FIELD(struct compose_resource, external), FIELD(struct compose_resource, file),
	FIELD(struct compose_resource, name),
};

/* NULL behind the last one, so that it can serve as argv. */
static void fill_texts(struct arena *arena, const struct yaml *list, struct strvec *out)
{
	out->items = arena_alloc(arena, (yaml_len(list) + 1) * sizeof(*out->items));
	YAML_EACH_ITEM(item, list)
		out->items[out->len++] = (char *)(*item)->text;
	out->cap = out->len + 1;
}

static void fill_pairs(struct arena *arena, const struct yaml *map, struct strmap *out)
{
	YAML_EACH_ENTRY(entry, map)
		*ARENA_ADD(arena, out) = (struct strmap_item){
			.key = (char *)entry->key,
			.value = entry->value->kind == YAML_STRING ? (char *)entry->value->text
								   : NULL,
		};
}

static void fill_field(struct arena *arena, const struct yaml *value, enum field_kind kind,
		       void *field)
{
	switch (kind) {
	case FIELD_TEXT:
		if (value->kind == YAML_STRING)
			*(const char **)field = value->text;
		return;
	case FIELD_SWITCH: *(bool *)field = value->kind == YAML_BOOL && value->boolean; return;
	case FIELD_TEXTS: fill_texts(arena, value, field); return;
	case FIELD_PAIRS: fill_pairs(arena, value, field); return;
	}
}

static void fill(struct arena *arena, const struct yaml *map, const struct field *fields,
		 size_t len, void *out)
{
	for (size_t i = 0; i < len; i++) {
		const struct yaml *value = yaml_get(map, fields[i].attribute);

		if (value)
			fill_field(arena, value, fields[i].kind, (char *)out + fields[i].offset);
	}
}

#define FILL(arena, map, fields, out) fill(arena, map, fields, ARRAY_SIZE(fields), out)

static void decode_sources(struct arena *arena, const struct yaml *list,
			   struct compose_sources *out)
{
	YAML_EACH_ITEM(item, list)
		FILL(arena, *item, source_fields, ARENA_ADD(arena, out));
}

/* A single number is both. */
static void decode_ulimits(struct arena *arena, const struct yaml *map, struct strmap *out)
{
	YAML_EACH_ENTRY(entry, map) {
		const struct yaml *limit = entry->value;
		const struct yaml *soft = yaml_get(limit, "soft") ?: limit;
		const struct yaml *hard = yaml_get(limit, "hard") ?: limit;
		AUTO(freep)
		char *text =
			xasprintf("%lld:%lld", (long long)soft->integer, (long long)hard->integer);

		*ARENA_ADD(arena, out) = (struct strmap_item){
			.key = (char *)entry->key,
			.value = (char *)arena_strdup(arena, text),
		};
	}
}

static struct compose_build *decode_build(struct arena *arena, const struct yaml *node)
{
	struct compose_build *build = NULL;

	if (!node)
		return NULL;
	build = arena_alloc(arena, sizeof(*build));
	FILL(arena, node, build_fields, build);
	decode_sources(arena, yaml_get(node, "secrets"), &build->secrets);
	decode_ulimits(arena, yaml_get(node, "ulimits"), &build->ulimits);
	return build;
}

/* The index of a word that is known to be among them. */
static unsigned choice(const char *const *words, size_t len, const char *word)
{
	for (unsigned i = 0; i < len; i++)
		if (str_eq(words[i], word))
			return i;
	return 0;
}

static void decode_dependencies(struct arena *arena, const struct yaml *map,
				struct compose_service *service)
{
	static const char *const conditions[] = {
		[COMPOSE_STARTED] = "service_started",
		[COMPOSE_HEALTHY] = "service_healthy",
		[COMPOSE_COMPLETED] = "service_completed_successfully",
	};

	YAML_EACH_ENTRY(entry, map) {
		struct compose_dependency *dependency = ARENA_ADD(arena, &service->depends_on);

		dependency->name = entry->key;
		dependency->condition = choice(conditions, ARRAY_SIZE(conditions),
					       yaml_get_text(entry->value, "condition"));
		FILL(arena, entry->value, dependency_fields, dependency);
	}
}

static void decode_watch(struct arena *arena, const struct yaml *rules,
			 struct compose_service *service)
{
	static const char *const actions[] = {
		[COMPOSE_REBUILD] = "rebuild",     [COMPOSE_SYNC] = "sync",
		[COMPOSE_RESTART] = "restart",     [COMPOSE_SYNC_RESTART] = "sync+restart",
		[COMPOSE_SYNC_EXEC] = "sync+exec",
	};

	YAML_EACH_ITEM(item, rules) {
		struct compose_watch *rule = ARENA_ADD(arena, &service->watch);

		rule->action = choice(actions, ARRAY_SIZE(actions), yaml_get_text(*item, "action"));
		FILL(arena, *item, watch_fields, rule);
		FILL(arena, yaml_get(*item, "exec"), hook_fields, &rule->exec);
	}
}

static void decode_hooks(struct arena *arena, const struct yaml *list, struct compose_hooks *out)
{
	YAML_EACH_ITEM(item, list)
		FILL(arena, *item, hook_fields, ARENA_ADD(arena, out));
}

static void decode_service(struct arena *arena, const struct yaml *node,
			   struct compose_service *service)
{
	const struct yaml *scale =
		yaml_get(node, "scale") ?: yaml_get(yaml_get(node, "deploy"), "replicas");

	FILL(arena, node, service_fields, service);
	service->scale = yaml_is(scale, YAML_INT) ? scale->integer : 1;
	service->provider = yaml_get_text(yaml_get(node, "provider"), "type");
	service->use_api_socket = yaml_has(node, "use_api_socket");
	service->build = decode_build(arena, yaml_get(node, "build"));
	decode_dependencies(arena, yaml_get(node, "depends_on"), service);
	decode_watch(arena, yaml_get(yaml_get(node, "develop"), "watch"), service);
	decode_hooks(arena, yaml_get(node, "pre_start"), &service->pre_start);
	decode_hooks(arena, yaml_get(node, "post_start"), &service->post_start);
	decode_hooks(arena, yaml_get(node, "pre_stop"), &service->pre_stop);
	decode_sources(arena, yaml_get(node, "secrets"), &service->secrets);
	decode_sources(arena, yaml_get(node, "configs"), &service->configs);
}

static void decode_resources(struct arena *arena, const struct yaml *map,
			     struct compose_resources *out)
{
	YAML_EACH_ENTRY(entry, map) {
		struct compose_resource *resource = ARENA_ADD(arena, out);

		resource->key = entry->key;
		FILL(arena, entry->value, resource_fields, resource);
	}
}

struct compose_project *decode_project(struct arena *arena, const struct yaml *document,
				       const char *directory)
{
	struct compose_project *project = arena_alloc(arena, sizeof(*project));

	project->name = yaml_get_text(document, "name");
	project->directory = directory;
	YAML_EACH_ENTRY(entry, yaml_get(document, "services")) {
		struct compose_service *service = ARENA_ADD(arena, &project->services);

		service->name = entry->key;
		decode_service(arena, entry->value, service);
	}
	decode_resources(arena, yaml_get(document, "networks"), &project->networks);
	decode_resources(arena, yaml_get(document, "volumes"), &project->volumes);
	decode_resources(arena, yaml_get(document, "secrets"), &project->secrets);
	decode_resources(arena, yaml_get(document, "configs"), &project->configs);
	return project;
}

const struct compose_service *compose_find_service(const struct compose_project *project,
						   const char *name)
{
	VEC_FOREACH(service, &project->services)
		if (!strcmp(service->name, name))
			return service;
	return NULL;
}

const struct compose_resource *compose_find_resource(const struct compose_resources *resources,
						     const char *key)
{
	VEC_FOREACH(resource, resources)
		if (!strcmp(resource->key, key))
			return resource;
	return NULL;
}
