/* What a model means but does not say: default networks, names, dependencies. */
#include "base/path.h"
#include "loader.h"

#define SERVICE_PREFIX "service:"

static void set_text(struct arena *arena, struct yaml *map, const char *key, const char *text)
{
	yaml_set(arena, map, key, yaml_new_string(arena, text, map));
}

/* "KEY" of a list, and a null of a mapping, take their value from the environment. */
static struct yaml *resolve_pairs(struct arena *arena, struct yaml *pairs, const struct strmap *env,
				  bool keep)
{
	struct yaml *list = yaml_new(arena, YAML_LIST, pairs);

	YAML_EACH_ITEM(item, pairs) {
		const char *text = yaml_scalar_text(arena, *item) ?: "";
		const char *value = strchr(text, '=') ? NULL : strmap_get(env, text);

		if (value)
			yaml_append(arena, list,
				    yaml_new_stringf(arena, *item, "%s=%s", text, value));
		else if (keep || strchr(text, '='))
			yaml_append(arena, list, *item);
	}
	for (size_t i = 0; pairs->kind == YAML_MAP && i < pairs->map.len;) {
		struct yaml_entry *entry = &pairs->map.items[i];
		const char *value = strmap_get(env, entry->key);

		if (entry->value->kind == YAML_NULL && value)
			entry->value = yaml_new_string(arena, value, entry->value);
		if (entry->value->kind == YAML_NULL && !keep)
			yaml_remove(pairs, entry->key);
		else
			i++;
	}
	return pairs->kind == YAML_LIST ? list : pairs;
}

static void resolve_member(struct arena *arena, struct yaml *map, const char *key,
			   const struct strmap *env, bool keep)
{
	struct yaml *pairs = yaml_get(map, key);

	if (yaml_is(pairs, YAML_LIST) || yaml_is(pairs, YAML_MAP))
		yaml_set(arena, map, key, resolve_pairs(arena, pairs, env, keep));
}

void resolve_environment(struct loader *loader, struct yaml *document, const struct strmap *env)
{
	YAML_EACH_ENTRY(entry, yaml_get(document, "services"))
		resolve_member(loader->arena, entry->value, "environment", env, true);
}

static struct yaml *map_member(struct arena *arena, struct yaml *map, const char *key)
{
	struct yaml *member = yaml_get(map, key);

	if (!member) {
		member = yaml_new(arena, YAML_MAP, map);
		yaml_set(arena, map, key, member);
	}
	return member;
}

/* Every service without networks of its own is in `default`. */
static void normalize_networks(struct arena *arena, struct yaml *document)
{
	bool uses_default = false;

	YAML_EACH_ENTRY(entry, yaml_get(document, "services")) {
		struct yaml *service = entry->value;

		if (yaml_has(service, "provider") || yaml_has(service, "network_mode"))
			continue;
		if (!yaml_len(yaml_get(service, "networks"))) {
			struct yaml *networks = yaml_new(arena, YAML_MAP, service);

			yaml_set(arena, networks, "default", yaml_new(arena, YAML_NULL, service));
			yaml_set(arena, service, "networks", networks);
		}
		uses_default |= yaml_has(yaml_get(service, "networks"), "default");
	}
	if (uses_default && !yaml_has(yaml_get(document, "networks"), "default"))
		yaml_set(arena, map_member(arena, document, "networks"), "default",
			 yaml_new(arena, YAML_NULL, NULL));
}

static void normalize_build(struct loader *loader, struct yaml *service)
{
	struct yaml *build = yaml_get(service, "build");

	if (!build)
		return;
	if (!yaml_has(build, "dockerfile") && !yaml_has(build, "dockerfile_inline"))
		set_text(loader->arena, build, "dockerfile", "Dockerfile");
	resolve_member(loader->arena, build, "args", &loader->env, false);
}

/* A dependency that something else in the service implies; one that is declared stays as it is. */
static void imply(struct arena *arena, struct yaml *service, const struct yaml *at,
		  const char *name, bool restart)
{
	struct yaml *depends_on = map_member(arena, service, "depends_on");
	struct yaml *dependency = yaml_new(arena, YAML_MAP, at);

	if (yaml_has(depends_on, name))
		return;
	set_text(arena, dependency, "condition", "service_started");
	yaml_set(arena, dependency, "restart", yaml_new_bool(arena, restart, at));
	yaml_set(arena, dependency, "required", yaml_new_bool(arena, true, at));
	yaml_set(arena, depends_on, name, dependency);
}

static const char *before_colon(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strcspn(text, ":"));
}

static void imply_dependencies(struct arena *arena, struct yaml *service)
{
	static const char *const namespaces[] = { "network_mode", "ipc", "pid", "uts", "cgroup" };

	YAML_EACH_ITEM(link, yaml_get(service, "links"))
		imply(arena, service, *link, before_colon(arena, (*link)->text), true);
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		const struct yaml *value = yaml_get(service, namespaces[i]);

		if (yaml_is(value, YAML_STRING) && str_has_prefix(value->text, SERVICE_PREFIX))
			imply(arena, service, value, value->text + strlen(SERVICE_PREFIX), true);
	}
	YAML_EACH_ITEM(from, yaml_get(service, "volumes_from"))
		if (!str_has_prefix((*from)->text, "container:"))
			imply(arena, service, *from, before_colon(arena, (*from)->text), false);
}

static void normalize_mounts(struct arena *arena, struct yaml *service)
{
	YAML_EACH_ITEM(mount, yaml_get(service, "volumes")) {
		struct yaml *target = yaml_get(*mount, "target");

		if (yaml_is(target, YAML_STRING)) {
			AUTO(freep) char *clean = path_clean(target->text);

			target->text = arena_strdup(arena, clean);
		}
	}
}

/* A hook without an image of its own runs in that of its service. */
static void normalize_hooks(struct arena *arena, struct yaml *service)
{
	const char *image = yaml_get_text(service, "image");

	YAML_EACH_ITEM(hook, yaml_get(service, "pre_start"))
		if (image && !yaml_has(*hook, "image"))
			set_text(arena, *hook, "image", image);
}

static void normalize_service(struct loader *loader, struct yaml *service)
{
	if (str_eq(yaml_get_text(service, "pull_policy"), "if_not_present"))
		set_text(loader->arena, service, "pull_policy", "missing");
	normalize_build(loader, service);
	resolve_member(loader->arena, service, "environment", &loader->env, true);
	imply_dependencies(loader->arena, service);
	normalize_mounts(loader->arena, service);
	normalize_hooks(loader->arena, service);
}

static void name_resources(struct loader *loader, struct yaml *resources)
{
	YAML_EACH_ENTRY(entry, resources) {
		const struct yaml *external = yaml_get(entry->value, "external");
		bool is_external = yaml_is(external, YAML_BOOL) && external->boolean;

		if (entry->value->kind == YAML_NULL)
			entry->value = yaml_new(loader->arena, YAML_MAP, entry->value);
		if (yaml_has(entry->value, "name"))
			continue;
		set_text(loader->arena, entry->value, "name",
			 is_external
				 ? entry->key
				 : arena_printf(loader->arena, "%s_%s", loader->name, entry->key));
	}
}

void normalize_model(struct loader *loader, struct yaml *document)
{
	static const char *const kinds[] = { "networks", "volumes", "configs", "secrets" };

	normalize_networks(loader->arena, document);
	YAML_EACH_ENTRY(entry, yaml_get(document, "services"))
		normalize_service(loader, entry->value);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		name_resources(loader, yaml_get(document, kinds[i]));
}
