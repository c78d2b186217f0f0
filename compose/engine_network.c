/* NetworkMode and NetworkingConfig; networks and volumes themselves. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "engine.h"
#include "short.h"
#include "tree.h"

#define LINK_NAMES 3

struct attachment {
	const char *key;
	const struct yaml *node; /* may be null */
	int64_t priority;
};

static int compare_attachments(const void *a, const void *b)
{
	const struct attachment *left = a;
	const struct attachment *right = b;

	if (left->priority != right->priority)
		return left->priority > right->priority ? -1 : 1;
	return strcmp(left->key, right->key);
}

static int64_t priority_of(const struct yaml *node)
{
	const struct yaml *priority = yaml_get(node, "priority");

	return yaml_is(priority, YAML_INT) ? priority->integer : 0;
}

static const char *network_name(const struct request *request, const char *key)
{
	const struct yaml *networks = yaml_get(request->document, "networks");

	return yaml_get_text(yaml_get(networks, key), "name") ?: key;
}

static void add_link(json_t *links, const char *container, const char *name)
{
	AUTO(freep) char *text = xasprintf("%s:%s", container, name);

	json_array_append_new(links, json_string(text));
}

static unsigned scale_of(const struct request *request, const char *service)
{
	const struct yaml *node = yaml_get(yaml_get(request->document, "services"), service);
	const struct yaml *scale =
		yaml_get(node, "scale") ?: yaml_get(yaml_get(node, "deploy"), "replicas");

	return yaml_is(scale, YAML_INT) && scale->integer >= 0 ? (unsigned)scale->integer : 1;
}

/* Every container of the service under the names that it had with the first docker-compose. */
static void add_service_links(const struct request *request, const char *link, json_t *links)
{
	size_t len = strcspn(link, ":");
	AUTO(freep) char *service = xstrndup(link, len);
	const char *alias = link[len] ? link + len + 1 : service;

	for (unsigned number = 1; number <= scale_of(request, service); number++) {
		AUTO(freep) char *container = container_name(request->compose, service, number);
		char joint = compose_separator(request->compose);
		AUTO(freep) char *numbered = xasprintf("%s%c%u", service, joint, number);
		AUTO(freep)
		char *full = xasprintf("%s%c%s%c%u", compose_name(request->compose), joint, service,
				       joint, number);

		add_link(links, container, alias);
		add_link(links, container, numbered);
		add_link(links, container, full);
	}
}

json_t *request_links(const struct request *request)
{
	json_t *links = json_array();

	YAML_EACH_ITEM(item, yaml_get(request->service, "links"))
		add_service_links(request, (*item)->text, links);
	YAML_EACH_ITEM(item, yaml_get(request->service, "external_links")) {
		size_t len = strcspn((*item)->text, ":");
		AUTO(freep) char *container = xstrndup((*item)->text, len);

		add_link(links, container,
			 (*item)->text[len] ? (*item)->text + len + 1 : container);
	}
	return links;
}

static int set_address(const struct yaml *node, const char *attribute, const char *member,
		       json_t *ipam, struct err *err)
{
	const char *address = yaml_get_text(node, attribute);

	if (!address)
		return 0;
	if (!is_ip_address(address))
		return err_set(err, ERR_INPUT, "'%s' is '%s', which is not an IP address",
			       attribute, address);
	json_set_string(ipam, member, address);
	return 0;
}

static bool is_mac_address(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		bool is_separator = text[i] == ':' || text[i] == '-';

		if (i % 3 == 2 ? !is_separator : !strchr("0123456789abcdefABCDEF", text[i]))
			return false;
	}
	return len == 17;
}

static int set_mac_address(const struct request *request, const struct yaml *node, bool is_first,
			   json_t *endpoint, struct err *err)
{
	const char *mac = yaml_get_text(node, "mac_address");

	/* Older engines have it in Config. */
	if (!mac && is_first && request->engine->api_minor >= 44)
		mac = yaml_get_text(request->service, "mac_address");
	if (!mac)
		return 0;
	if (!is_mac_address(mac))
		return err_set(err, ERR_INPUT, "'%s' is not a MAC address", mac);
	json_set_string(endpoint, "MacAddress", mac);
	return 0;
}

static int set_interface_name(const struct request *request, const struct yaml *node,
			      json_t *options, struct err *err)
{
	const char *name = yaml_get_text(node, "interface_name");

	if (!name)
		return 0;
	if (request->engine->api_minor < 49)
		return err_set(err, ERR_UNSUPPORTED,
			       "'interface_name' needs API 1.49, and the engine has 1.%u",
			       request->engine->api_minor);
	json_set_string(options, "com.docker.network.endpoint.ifname", name);
	return 0;
}

static int fill_endpoint(const struct request *request, const struct yaml *node, bool is_first,
			 json_t *endpoint, struct err *err)
{
	const struct yaml *gateway = yaml_get(node, "gw_priority");
	json_t *aliases = json_pack("[s,s]", request->container, request->name);
	json_t *ipam = json_object();
	json_t *options = pairs_json(yaml_get(node, "driver_opts"));
	int result = set_interface_name(request, node, options, err);

	if (result == 0)
		result = set_address(node, "ipv4_address", "IPv4Address", ipam, err);
	if (result == 0)
		result = set_address(node, "ipv6_address", "IPv6Address", ipam, err);
	YAML_EACH_ITEM(alias, yaml_get(node, "aliases"))
		json_array_append_new(aliases, json_string((*alias)->text));
	set_unless_empty(ipam, "LinkLocalIPs", texts_json(yaml_get(node, "link_local_ips")));
	json_object_set_new(endpoint, "Aliases", aliases);
	set_unless_empty(endpoint, "Links", request_links(request));
	set_unless_empty(endpoint, "IPAMConfig", ipam);
	set_unless_empty(endpoint, "DriverOpts", options);
	if (yaml_is(gateway, YAML_INT))
		json_object_set_new(endpoint, "GwPriority", json_integer(gateway->integer));
	return result < 0 ? -1 : set_mac_address(request, node, is_first, endpoint, err);
}

/* Endpoints by network; those that have to be connected later go to `later`. */
static int fill_endpoints(const struct request *request, const struct attachment *attachments,
			  size_t len, json_t *now, json_t *later, struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		json_t *endpoint = json_object();

		json_object_set_new(i && request->engine->api_minor < 44 ? later : now,
				    network_name(request, attachments[i].key), endpoint);
		if (fill_endpoint(request, attachments[i].node, i == 0, endpoint, err) < 0)
			return err_wrap(err, "network '%s'", attachments[i].key);
	}
	return 0;
}

static void set_mode(const struct request *request, const char *mode, json_t *host)
{
	if (str_has_prefix(mode, "service:")) {
		AUTO(freep)
		char *name = container_reference(request, mode + strlen("service:"));
		AUTO(freep) char *text = xasprintf("container:%s", name);

		json_set_string(host, "NetworkMode", text);
	} else {
		json_set_string(host, "NetworkMode", mode);
	}
}

int request_networks(const struct request *request, json_t *body, struct err *err)
{
	const char *mode = yaml_get_text(request->service, "network_mode");
	const struct yaml *networks = yaml_get(request->service, "networks");
	json_t *host = json_object_get(body, "HostConfig");
	size_t len = yaml_len(networks);
	AUTO(freep) struct attachment *attachments = xcalloc(len + 1, sizeof(*attachments));
	json_t *now = json_object();
	json_t *later = json_object();
	size_t count = 0;
	int result = 0;

	YAML_EACH_ENTRY(entry, networks)
		attachments[count++] = (struct attachment){ .key = entry->key,
							    .node = entry->value,
							    .priority = priority_of(entry->value) };
	qsort(attachments, count, sizeof(*attachments), compare_attachments);
	if (mode)
		set_mode(request, mode, host);
	else if (count)
		json_set_string(host, "NetworkMode", network_name(request, attachments[0].key));
	else
		json_set_string(host, "NetworkMode", "none");
	if (!mode)
		result = fill_endpoints(request, attachments, count, now, later, err);
	if (json_object_size(now))
		json_object_set_new(body, "NetworkingConfig",
				    json_pack("{s:O}", "EndpointsConfig", now));
	json_decref(now);
	set_unless_empty(body, "Connect", later);
	return result;
}

static json_t *external_json(const struct yaml *resource)
{
	const struct yaml *external = yaml_get(resource, "external");

	if (!yaml_is(external, YAML_BOOL) || !external->boolean)
		return NULL;
	return json_pack("{s:s}", "external", yaml_get_text(resource, "name"));
}

static void set_switch(const struct yaml *resource, const char *attribute, json_t *body,
		       const char *member)
{
	const struct yaml *value = yaml_get(resource, attribute);

	if (yaml_is(value, YAML_BOOL))
		json_object_set_new(body, member, json_boolean(value->boolean));
}

static void set_text(const struct yaml *resource, const char *attribute, json_t *body,
		     const char *member)
{
	const char *text = yaml_get_text(resource, attribute);

	if (text)
		json_set_string(body, member, text);
}

static json_t *ipam_json(const struct yaml *ipam)
{
	json_t *body = json_object();
	json_t *config = json_array();

	set_text(ipam, "driver", body, "Driver");
	set_unless_empty(body, "Options", pairs_json(yaml_get(ipam, "options")));
	YAML_EACH_ITEM(item, yaml_get(ipam, "config")) {
		json_t *subnet = json_object();

		set_text(*item, "subnet", subnet, "Subnet");
		set_text(*item, "ip_range", subnet, "IPRange");
		set_text(*item, "gateway", subnet, "Gateway");
		set_unless_empty(subnet, "AuxiliaryAddresses",
				 pairs_json(yaml_get(*item, "aux_addresses")));
		json_array_append_new(config, subnet);
	}
	set_unless_empty(body, "Config", config);
	return body;
}

json_t *compose_engine_network(const struct compose *compose, const struct compose_engine *engine,
			       const char *key)
{
	const struct yaml *network = yaml_get(yaml_get(compose_tree(compose), "networks"), key);
	json_t *body = network ? external_json(network) : NULL;

	if (!network || body)
		return body;
	body = json_object();
	set_text(network, "name", body, "Name");
	set_text(network, "driver", body, "Driver");
	set_unless_empty(body, "Options", pairs_json(yaml_get(network, "driver_opts")));
	set_unless_empty(body, "IPAM", ipam_json(yaml_get(network, "ipam")));
	set_switch(network, "internal", body, "Internal");
	set_switch(network, "attachable", body, "Attachable");
	set_switch(network, "enable_ipv4", body, "EnableIPv4");
	set_switch(network, "enable_ipv6", body, "EnableIPv6");
	json_object_set_new(body, "Labels",
			    resource_labels(compose, engine, network, "network", key));
	return body;
}

json_t *compose_engine_volume(const struct compose *compose, const struct compose_engine *engine,
			      const char *key)
{
	const struct yaml *volume = yaml_get(yaml_get(compose_tree(compose), "volumes"), key);
	json_t *body = volume ? external_json(volume) : NULL;

	if (!volume || body)
		return body;
	body = json_object();
	set_text(volume, "name", body, "Name");
	set_text(volume, "driver", body, "Driver");
	set_unless_empty(body, "DriverOpts", pairs_json(yaml_get(volume, "driver_opts")));
	json_object_set_new(body, "Labels",
			    resource_labels(compose, engine, volume, "volume", key));
	return body;
}
