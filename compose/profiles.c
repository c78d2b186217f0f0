/* Which services are on. Source: compose-spec 15-profiles.md. */
#include <fnmatch.h>

#include "base/alloc.h"
#include "service.h"

static void add_variable(const struct strmap *env, struct strvec *profiles)
{
	struct span rest = span_of(strmap_get(env, "COMPOSE_PROFILES") ?: "");
	struct span one = { 0 };
	bool more = true;

	while (more) {
		more = span_cut(&rest, ',', &one);
		one = span_trim(one);
		if (one.len)
			strvec_addn(profiles, one.ptr, one.len);
	}
}

static bool is_named(const struct strvec *names, const char *service)
{
	VEC_FOREACH(name, names)
		if (fnmatch(*name, service, 0) == 0)
			return true;
	return false;
}

/* Naming a service switches its profiles on. */
static void add_named(const struct loader *loader, const struct yaml *services,
		      struct strvec *profiles)
{
	YAML_EACH_ENTRY(entry, services)
		if (is_named(&loader->options->services, entry->key))
			YAML_EACH_ITEM(profile, yaml_get(entry->value, "profiles"))
				strvec_add(profiles, (*profile)->text);
}

static bool is_active(const struct yaml *service, const struct strvec *profiles)
{
	const struct yaml *own = yaml_get(service, "profiles");

	if (!yaml_len(own) || strvec_contains(profiles, "*"))
		return true;
	YAML_EACH_ITEM(profile, own)
		if (strvec_contains(profiles, (*profile)->text))
			return true;
	return false;
}

static const struct yaml *build_contexts(const struct yaml *service)
{
	return yaml_get(yaml_get(service, "build"), "additional_contexts");
}

/* The service whose image the context is; "" = it is something else. */
static const char *context_service(const struct yaml_entry *context)
{
	const char *text = context->value->text;

	return text && str_has_prefix(text, "service:") ? text + strlen("service:") : "";
}

static int unknown_service(const struct yaml *services, const char *name, struct err *err)
{
	AUTO(strvec_release) struct strvec names = STRVEC_INIT;
	const char *near = NULL;

	YAML_EACH_ENTRY(entry, services)
		strvec_add(&names, entry->key);
	near = suggest(name, (const char *const *)strvec_argv(&names));
	err_set(err, ERR_USAGE, "no such service: '%s'", name);
	return near ? err_hint(err, "did you mean '%s'?", near) : -1;
}

static int check_names(const struct loader *loader, const struct yaml *services, struct err *err)
{
	VEC_FOREACH(name, &loader->options->services) {
		bool found = false;

		YAML_EACH_ENTRY(entry, services)
			found |= fnmatch(*name, entry->key, 0) == 0;
		if (!found)
			return unknown_service(services, *name, err);
	}
	return 0;
}

/* For builds: a service is on when it, or one that is built from it, is. */
static void activate(const struct loader *loader, const struct yaml *services,
		     const struct yaml_entry *entry, struct yaml *active)
{
	if (!entry || yaml_has(active, entry->key))
		return;
	yaml_set_entry(loader->arena, active, entry);
	if (!loader->options->for_build)
		return;
	YAML_EACH_ENTRY(context, build_contexts(entry->value))
		activate(loader, services, yaml_entry(services, context_service(context)), active);
}

int profiles_apply(struct loader *loader, struct yaml *document, struct yaml **ret_inactive,
		   struct err *err)
{
	AUTO(strvec_release) struct strvec profiles = STRVEC_INIT;
	struct yaml *services = yaml_get(document, "services");
	struct yaml *active = yaml_new(loader->arena, YAML_MAP, services);

	*ret_inactive = yaml_new(loader->arena, YAML_MAP, services);
	if (check_names(loader, services, err) < 0)
		return -1;
	strvec_add_all(&profiles, &loader->options->profiles);
	if (!profiles.len)
		add_variable(&loader->env, &profiles);
	add_named(loader, services, &profiles);
	YAML_EACH_ENTRY(entry, services)
		if (is_active(entry->value, &profiles))
			activate(loader, services, entry, active);
	YAML_EACH_ENTRY(entry, services)
		if (!yaml_has(active, entry->key))
			yaml_set_entry(loader->arena, *ret_inactive, entry);
	yaml_set(loader->arena, document, "services", active);
	return 0;
}

static void set_networks_apart(struct arena *arena, struct yaml *networks)
{
	bool found = false;

	for (size_t i = 0; i < yaml_len(networks);) {
		const char *key = networks->map.items[i].key;

		if (!str_has_prefix(key, "x-")) {
			i++;
			continue;
		}
		found = true;
		yaml_remove(networks, key);
	}
	if (found)
		yaml_set(arena, networks, "#extensions", yaml_new(arena, YAML_MAP, networks));
}

void set_extensions_apart(struct arena *arena, struct yaml *document)
{
	YAML_EACH_ENTRY(entry, yaml_get(document, "services"))
		set_networks_apart(arena, yaml_get(entry->value, "networks"));
}

static void keep(const struct loader *loader, const struct yaml *services, const char *name,
		 struct yaml *kept)
{
	const struct yaml_entry *entry = yaml_entry(services, name);

	if (!entry || yaml_has(kept, name))
		return;
	yaml_set_entry(loader->arena, kept, entry);
	if (loader->options->for_build) {
		YAML_EACH_ENTRY(context, build_contexts(entry->value))
			keep(loader, services, context_service(context), kept);
	} else {
		YAML_EACH_ENTRY(dependency, yaml_get(entry->value, "depends_on"))
			keep(loader, services, dependency->key, kept);
	}
}

static void drop_dependencies(const struct yaml *services)
{
	YAML_EACH_ENTRY(entry, services) {
		struct yaml *depends_on = yaml_get(entry->value, "depends_on");

		for (size_t i = 0; i < yaml_len(depends_on);) {
			if (yaml_has(services, depends_on->map.items[i].key))
				i++;
			else
				yaml_remove(depends_on, depends_on->map.items[i].key);
		}
		if (depends_on && !yaml_len(depends_on))
			yaml_remove(entry->value, "depends_on");
	}
}

void select_services(struct loader *loader, struct yaml *document)
{
	struct yaml *services = yaml_get(document, "services");
	struct yaml *kept = yaml_new(loader->arena, YAML_MAP, services);

	if (!loader->options->services.len)
		return;
	YAML_EACH_ENTRY(entry, services)
		if (is_named(&loader->options->services, entry->key))
			keep(loader, services, entry->key, kept);
	drop_dependencies(kept);
	yaml_sort(kept);
	yaml_set(loader->arena, document, "services", kept);
}

static void use(struct arena *arena, struct yaml *used, const char *name)
{
	if (name)
		yaml_set(arena, used, name, yaml_new(arena, YAML_NULL, NULL));
}

static void use_sources(struct arena *arena, struct yaml *used, const struct yaml *list)
{
	YAML_EACH_ITEM(item, list)
		use(arena, used, yaml_get_text(*item, "source"));
}

static void use_keys(struct arena *arena, struct yaml *used, const struct yaml *map)
{
	YAML_EACH_ENTRY(entry, map)
		use(arena, used, entry->key);
}

static void use_volumes(struct arena *arena, struct yaml *used, const struct yaml *mounts)
{
	YAML_EACH_ITEM(mount, mounts)
		if (str_eq(yaml_get_text(*mount, "type"), "volume"))
			use(arena, used, yaml_get_text(*mount, "source"));
}

static void use_all(struct arena *arena, const char *kind, const struct yaml *service,
		    struct yaml *used)
{
	if (!strcmp(kind, "networks") || !strcmp(kind, "models"))
		use_keys(arena, used, yaml_get(service, kind));
	else if (!strcmp(kind, "volumes"))
		use_volumes(arena, used, yaml_get(service, kind));
	else
		use_sources(arena, used, yaml_get(service, kind));
	if (!strcmp(kind, "secrets"))
		use_sources(arena, used, yaml_get(yaml_get(service, "build"), kind));
}

void prune_resources(struct arena *arena, struct yaml *document)
{
	static const char *const kinds[] = { "networks", "volumes", "secrets", "configs",
					     "models" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct yaml *used = yaml_new(arena, YAML_MAP, NULL);
		struct yaml *left = yaml_new(arena, YAML_MAP, NULL);

		YAML_EACH_ENTRY(entry, yaml_get(document, "services"))
			use_all(arena, kinds[i], entry->value, used);
		YAML_EACH_ENTRY(entry, yaml_get(document, kinds[i]))
			if (yaml_has(used, entry->key))
				yaml_set_entry(arena, left, entry);
		if (yaml_len(left))
			yaml_set(arena, document, kinds[i], left);
		else
			yaml_remove(document, kinds[i]);
	}
}
