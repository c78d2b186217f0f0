/* What is meant when nothing is said. */
#include "loader.h"

static void set_text(struct arena *arena, struct yaml *map, const char *key, const char *text)
{
	if (map->kind == YAML_MAP && !yaml_has(map, key))
		yaml_set(arena, map, key, yaml_new_string(arena, text, map));
}

static void default_ports(struct arena *arena, struct yaml *ports)
{
	YAML_EACH_ITEM(port, ports) {
		set_text(arena, *port, "protocol", "tcp");
		set_text(arena, *port, "mode", "ingress");
	}
}

static void default_secrets(struct arena *arena, struct yaml *secrets)
{
	YAML_EACH_ITEM(secret, secrets) {
		const char *source = yaml_get_text(*secret, "source");

		if (source)
			set_text(arena, *secret, "target",
				 arena_printf(arena, "/run/secrets/%s", source));
	}
}

static void default_requests(struct arena *arena, struct yaml *requests)
{
	YAML_EACH_ITEM(request, requests)
		if (!yaml_has(*request, "device_ids"))
			set_text(arena, *request, "count", "all");
}

static void default_service(struct arena *arena, struct yaml *service)
{
	struct yaml *build = yaml_get(service, "build");
	struct yaml *resources = yaml_get(yaml_get(service, "deploy"), "resources");

	if (build)
		set_text(arena, build, "context", ".");
	default_ports(arena, yaml_get(service, "ports"));
	default_secrets(arena, yaml_get(service, "secrets"));
	default_requests(arena, yaml_get(service, "gpus"));
	default_requests(arena, yaml_get(yaml_get(resources, "reservations"), "devices"));
}

void set_defaults(struct loader *loader, struct yaml *document)
{
	YAML_EACH_ENTRY(entry, yaml_get(document, "services"))
		default_service(loader->arena, entry->value);
}
