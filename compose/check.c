/* What the tables of attr.h cannot say of single values. */
#include "loader.h"
#include "short.h"

/* Nothing but the name may be said of what others made. */
static void check_external(const struct yaml *resource, const struct place *place)
{
	const struct yaml *external = yaml_get(resource, "external");

	if (!yaml_is(external, YAML_BOOL) || !external->boolean)
		return;
	YAML_EACH_ENTRY(entry, resource) {
		if (!strcmp(entry->key, "name") || !strcmp(entry->key, "external") ||
		    attr_is_extension(entry->key))
			continue;
		(void)place_problem(&entry->mark, place, DIAG_ERROR,
				    "'external' and '%s' exclude each other", entry->key);
	}
}

/* Exactly one of the keys, unless somebody else knows the content. */
static void check_content(const struct yaml *resource, const struct place *place,
			  const char *const *keys, const char *listed)
{
	size_t count = 0;

	for (; *keys; keys++)
		count += yaml_has(resource, *keys);
	if (count > 1)
		(void)place_problem(&resource->mark, place, DIAG_ERROR,
				    "only one of %s may be there", listed);
	if (!count && !yaml_has(resource, "driver") && !yaml_has(resource, "external"))
		(void)place_problem(&resource->mark, place, DIAG_ERROR, "one of %s must be there",
				    listed);
}

static void check_secret(const struct yaml *resource, const struct place *place)
{
	static const char *const keys[] = { "file", "environment", NULL };

	check_content(resource, place, keys, "'file' and 'environment'");
}

static void check_config(const struct yaml *resource, const struct place *place)
{
	static const char *const keys[] = { "file", "environment", "content", NULL };

	check_content(resource, place, keys, "'file', 'environment' and 'content'");
}

/* What is no mapping holds variables still, or was refused. */
static void require(const struct yaml *map, const char *key, const struct place *place,
		    const char *message)
{
	const struct yaml *value = yaml_get(map, key);

	if (map->kind == YAML_MAP &&
	    (!value || value->kind == YAML_NULL || (value->kind == YAML_STRING && !*value->text)))
		(void)place_problem(&map->mark, place, DIAG_ERROR, "%s", message);
}

static void check_exposed(const struct yaml *port, const struct place *place)
{
	if (port->kind == YAML_FLOAT)
		(void)place_problem(&port->mark, place, DIAG_ERROR, "a port is a whole number");
}

static void check_port(const struct yaml *port, const struct place *place)
{
	const struct yaml *ip = yaml_get(port, "host_ip");

	require(port, "target", place, "a port needs a 'target', the port in the container");
	if (yaml_is(ip, YAML_STRING) && !is_ip_address(ip->text))
		(void)place_problem(&ip->mark, place, DIAG_ERROR, "'%s' is not an IP address",
				    ip->text);
}

static void check_watch(const struct yaml *rule, const struct place *place)
{
	const struct yaml *path = yaml_get(rule, "path");

	if (yaml_is(path, YAML_STRING) && !span_trim(span_of(path->text)).len)
		(void)place_problem(&path->mark, place, DIAG_ERROR, "'path' must not be blank");
}

static void check_request(const struct yaml *request, const struct place *place)
{
	if (yaml_has(request, "count") && yaml_has(request, "device_ids"))
		(void)place_problem(&request->mark, place, DIAG_ERROR,
				    "'count' and 'device_ids' exclude each other");
}

static void check_source(const struct yaml *item, const struct place *place)
{
	require(item, "source", place, "a 'source' is missing: the name of the secret or config");
}

static void check_device(const struct yaml *device, const struct place *place)
{
	require(device, "target", place, "a device needs a 'target', its path in the container");
}

static void check_mount(const struct yaml *mount, const struct place *place)
{
	require(mount, "target", place, "a mount needs a 'target', its path in the container");
	if (str_eq(yaml_get_text(mount, "type"), "bind") && !yaml_get_text(mount, "source"))
		(void)place_problem(&mount->mark, place, DIAG_ERROR,
				    "a bind mount needs a 'source'");
}

static void each_item(const struct yaml *map, const char *key, const struct place *up,
		      void (*check)(const struct yaml *item, const struct place *place))
{
	const struct place list = { .up = up, .key = key };
	size_t index = 0;

	YAML_EACH_ITEM(item, yaml_get(map, key)) {
		const struct place place = { .up = &list, .index = index++ };

		check(*item, &place);
	}
}

static void check_service(const struct yaml *service, const struct place *place)
{
	const struct place build = { .up = place, .key = "build" };
	const struct place develop = { .up = place, .key = "develop" };
	const struct place deploy = { .up = place, .key = "deploy" };
	const struct place resources = { .up = &deploy, .key = "resources" };
	const struct place reservations = { .up = &resources, .key = "reservations" };

	each_item(service, "expose", place, check_exposed);
	each_item(service, "ports", place, check_port);
	each_item(service, "volumes", place, check_mount);
	each_item(yaml_get(service, "build"), "secrets", &build, check_source);
	each_item(service, "devices", place, check_device);
	each_item(service, "secrets", place, check_source);
	each_item(service, "configs", place, check_source);
	each_item(service, "gpus", place, check_request);
	each_item(yaml_get(service, "develop"), "watch", &develop, check_watch);
	each_item(yaml_get(yaml_get(yaml_get(service, "deploy"), "resources"), "reservations"),
		  "devices", &reservations, check_request);
}

static void each_entry(const struct yaml *document, const char *key,
		       void (*check)(const struct yaml *value, const struct place *place))
{
	const struct place root = { .up = NULL };
	const struct place map = { .up = &root, .key = key };

	YAML_EACH_ENTRY(entry, yaml_get(document, key)) {
		const struct place place = { .up = &map, .key = entry->key };

		check(entry->value, &place);
	}
}

void check_nodes(struct yaml *document)
{
	each_entry(document, "services", check_service);
	each_entry(document, "volumes", check_external);
	each_entry(document, "secrets", check_secret);
	each_entry(document, "configs", check_config);
}
