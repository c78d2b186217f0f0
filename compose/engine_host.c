/* HostConfig: resources, devices, namespaces and the rest that is the host's. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "engine.h"
#include "short.h"

enum kind { TEXT, TEXTS, PAIRS, SWITCH, NUMBER, NANO_CPUS };

struct member {
	const char *attribute, *member;
	enum kind kind;
};

static const struct member members[] = {
	{ "annotations", "Annotations", PAIRS },
	{ "cap_add", "CapAdd", TEXTS },
	{ "cap_drop", "CapDrop", TEXTS },
	{ "cgroup", "CgroupnsMode", TEXT },
	{ "cgroup_parent", "CgroupParent", TEXT },
	{ "cpu_count", "CpuCount", NUMBER },
	{ "cpu_percent", "CpuPercent", NUMBER },
	{ "cpu_period", "CpuPeriod", NUMBER },
	{ "cpu_quota", "CpuQuota", NUMBER },
	{ "cpu_rt_period", "CpuRealtimePeriod", NUMBER },
	{ "cpu_rt_runtime", "CpuRealtimeRuntime", NUMBER },
	{ "cpu_shares", "CpuShares", NUMBER },
	{ "cpus", "NanoCpus", NANO_CPUS },
	{ "cpuset", "CpusetCpus", TEXT },
	{ "device_cgroup_rules", "DeviceCgroupRules", TEXTS },
	{ "dns", "Dns", TEXTS },
	{ "dns_opt", "DnsOptions", TEXTS },
	{ "dns_search", "DnsSearch", TEXTS },
	{ "group_add", "GroupAdd", TEXTS },
	{ "init", "Init", SWITCH },
	{ "isolation", "Isolation", TEXT },
	{ "mem_limit", "Memory", NUMBER },
	{ "mem_reservation", "MemoryReservation", NUMBER },
	{ "mem_swappiness", "MemorySwappiness", NUMBER },
	{ "memswap_limit", "MemorySwap", NUMBER },
	{ "oom_kill_disable", "OomKillDisable", SWITCH },
	{ "oom_score_adj", "OomScoreAdj", NUMBER },
	{ "pids_limit", "PidsLimit", NUMBER },
	{ "privileged", "Privileged", SWITCH },
	{ "read_only", "ReadonlyRootfs", SWITCH },
	{ "runtime", "Runtime", TEXT },
	{ "shm_size", "ShmSize", NUMBER },
	{ "storage_opt", "StorageOpt", PAIRS },
	{ "sysctls", "Sysctls", PAIRS },
	{ "userns_mode", "UsernsMode", TEXT },
	{ "uts", "UTSMode", TEXT },
};

/* deploy.resources wins over the attributes of older files. */
static const struct member limits[] = {
	{ "cpus", "NanoCpus", NANO_CPUS },
	{ "memory", "Memory", NUMBER },
	{ "pids", "PidsLimit", NUMBER },
};
static const struct member reservations[] = { { "memory", "MemoryReservation", NUMBER } };

/* Sizes are strings of digits in the model. */
static double number_of(const struct yaml *value)
{
	if (value->kind == YAML_INT)
		return (double)value->integer;
	return value->kind == YAML_FLOAT ? value->real.number : 0;
}

static json_t *number_json(const struct yaml *value)
{
	if (value->kind == YAML_STRING)
		return json_integer(strtoll(value->text, NULL, 10));
	if (value->kind == YAML_INT)
		return json_integer(value->integer);
	return json_integer((json_int_t)number_of(value));
}

static json_t *member_json(const struct yaml *value, enum kind kind)
{
	switch (kind) {
	case TEXT: return json_string(value->text);
	case TEXTS: return texts_json(value);
	case PAIRS: return pairs_json(value);
	case SWITCH: return json_boolean(value->boolean);
	case NUMBER: return number_json(value);
	case NANO_CPUS: return json_integer((json_int_t)(number_of(value) * 1e9 + 0.5));
	}
	return NULL;
}

static void set_members(json_t *host, const struct yaml *from, const struct member *table,
			size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const struct yaml *value = yaml_get(from, table[i].attribute);

		if (value)
			set_unless_empty(host, table[i].member, member_json(value, table[i].kind));
	}
}

static void bind_port(json_t *bindings, const struct yaml *port)
{
	const struct yaml *target = yaml_get(port, "target");
	const char *published = yaml_get_text(port, "published");
	const char *ip = yaml_get_text(port, "host_ip");
	AUTO(freep)
	char *name = xasprintf("%lld/%s", target ? (long long)target->integer : 0,
			       yaml_get_text(port, "protocol") ?: "tcp");
	json_t *list = json_object_get(bindings, name);
	json_t *binding = json_object();

	if (!list) {
		list = json_array();
		json_object_set_new(bindings, name, list);
	}
	if (ip)
		json_set_string(binding, "HostIp", ip);
	if (published)
		json_set_string(binding, "HostPort", published);
	json_array_append_new(list, binding);
}

static void set_ports(const struct yaml *service, json_t *host)
{
	json_t *bindings = json_object();

	YAML_EACH_ITEM(port, yaml_get(service, "ports"))
		bind_port(bindings, *port);
	set_unless_empty(host, "PortBindings", bindings);
}

/* What a swarm calls a condition, as the engine does, which counts attempts after failures only. */
static const char *policy_name(const char *condition, bool is_counted)
{
	if (str_eq(condition, "none"))
		return "no";
	if (!condition && is_counted)
		return "on-failure";
	return !condition || str_eq(condition, "any") ? "always" : condition;
}

static int check_policy(const char *name, bool is_counted, struct err *err)
{
	static const char *const names[] = { "no", "always", "on-failure", "unless-stopped" };
	bool is_known = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		is_known |= str_eq(name, names[i]);
	if (!is_known) {
		(void)err_set(err, ERR_INPUT, "'deploy.restart_policy.condition' cannot be '%s'",
			      name);
		return err_hint(err, "write any, on-failure or none");
	}
	if (!is_counted || str_eq(name, "on-failure") || str_eq(name, "no"))
		return 0;
	(void)err_set(err, ERR_UNSUPPORTED,
		      "'deploy.restart_policy': engines count no 'max_attempts' of programs that "
		      "are started again whenever they end");
	return err_hint(err, "write 'condition: on-failure', or leave 'max_attempts' out");
}

/* "on-failure:5"; a policy of the deploy section wins. */
static int set_restart(const struct yaml *service, json_t *host, struct err *err)
{
	const char *restart = yaml_get_text(service, "restart");
	const struct yaml *policy = yaml_get(yaml_get(service, "deploy"), "restart_policy");
	const char *condition = yaml_get_text(policy, "condition");
	const struct yaml *attempts = yaml_get(policy, "max_attempts");
	size_t len = restart ? strcspn(restart, ":") : 0;
	long count = restart && restart[len] ? strtol(restart + len + 1, NULL, 10) : 0;
	AUTO(freep) char *name = restart ? xstrndup(restart, len) : NULL;
	json_t *body = NULL;

	if (policy) {
		free(name);
		count = yaml_is(attempts, YAML_INT) ? (long)attempts->integer : 0;
		name = xstrdup(policy_name(condition, count > 0));
		if (check_policy(name, count > 0, err) < 0)
			return -1;
		count = str_eq(name, "on-failure") ? count : 0;
	}
	body = json_object();
	if (name)
		json_set_string(body, "Name", name);
	if (count)
		json_object_set_new(body, "MaximumRetryCount", json_integer(count));
	set_unless_empty(host, "RestartPolicy", body);
	return 0;
}

static void set_logging(const struct yaml *service, json_t *host)
{
	const struct yaml *logging = yaml_get(service, "logging");
	const char *driver = yaml_get_text(logging, "driver");
	json_t *body = json_object();

	if (driver)
		json_set_string(body, "Type", driver);
	set_unless_empty(body, "Config", pairs_json(yaml_get(logging, "options")));
	set_unless_empty(host, "LogConfig", body);
}

static void set_ulimits(const struct yaml *service, json_t *host)
{
	json_t *array = json_array();

	YAML_EACH_ENTRY(entry, yaml_get(service, "ulimits")) {
		const struct yaml *soft = yaml_get(entry->value, "soft") ?: entry->value;
		const struct yaml *hard = yaml_get(entry->value, "hard") ?: entry->value;

		json_array_append_new(array, json_pack("{s:s,s:I,s:I}", "Name", entry->key, "Hard",
						       (json_int_t)hard->integer, "Soft",
						       (json_int_t)soft->integer));
	}
	set_unless_empty(host, "Ulimits", array);
}

static json_t *request_json(const struct yaml *request, bool is_gpu)
{
	const char *driver = yaml_get_text(request, "driver");
	const struct yaml *count = yaml_get(request, "count");
	json_t *body = json_object();
	json_t *capabilities = texts_json(yaml_get(request, "capabilities"));

	if (is_gpu)
		json_array_append_new(capabilities, json_string("gpu"));
	if (driver)
		json_set_string(body, "Driver", driver);
	if (yaml_is(count, YAML_INT))
		json_object_set_new(body, "Count", json_integer(count->integer));
	set_unless_empty(body, "DeviceIDs", texts_json(yaml_get(request, "device_ids")));
	json_object_set_new(body, "Capabilities", json_pack("[o]", capabilities));
	set_unless_empty(body, "Options", pairs_json(yaml_get(request, "options")));
	return body;
}

static void set_devices(const struct yaml *service, json_t *host)
{
	const struct yaml *resources = yaml_get(yaml_get(service, "deploy"), "resources");
	json_t *devices = json_array();
	json_t *requests = json_array();

	YAML_EACH_ITEM(item, yaml_get(yaml_get(resources, "reservations"), "devices"))
		json_array_append_new(requests, request_json(*item, false));
	YAML_EACH_ITEM(item, yaml_get(service, "gpus"))
		json_array_append_new(requests, request_json(*item, true));
	YAML_EACH_ITEM(item, yaml_get(service, "devices")) {
		const char *source = yaml_get_text(*item, "source");
		const char *target = yaml_get_text(*item, "target");

		if (is_cdi_device(source))
			json_array_append_new(requests, json_pack("{s:s,s:[s]}", "Driver", "cdi",
								  "DeviceIDs", source));
		else
			json_array_append_new(
				devices,
				json_pack("{s:s,s:s,s:s}", "PathOnHost", source, "PathInContainer",
					  target ? target : source, "CgroupPermissions",
					  yaml_get_text(*item, "permissions") ?: "rwm"));
	}
	set_unless_empty(host, "Devices", devices);
	set_unless_empty(host, "DeviceRequests", requests);
}

static json_t *rates_json(const struct yaml *list, const char *attribute, const char *member)
{
	json_t *array = json_array();

	YAML_EACH_ITEM(item, list) {
		const struct yaml *value = yaml_get(*item, attribute);
		json_t *body = json_object();

		json_set_string(body, "Path", yaml_get_text(*item, "path") ?: "");
		if (value)
			json_object_set_new(body, member, number_json(value));
		json_array_append_new(array, body);
	}
	return array;
}

static void set_blkio(const struct yaml *service, json_t *host)
{
	static const char *const rates[][2] = {
		{ "device_read_bps", "BlkioDeviceReadBps" },
		{ "device_read_iops", "BlkioDeviceReadIOps" },
		{ "device_write_bps", "BlkioDeviceWriteBps" },
		{ "device_write_iops", "BlkioDeviceWriteIOps" },
	};
	const struct yaml *config = yaml_get(service, "blkio_config");
	const struct yaml *weight = yaml_get(config, "weight");

	if (weight)
		json_object_set_new(host, "BlkioWeight", number_json(weight));
	set_unless_empty(host, "BlkioWeightDevice",
			 rates_json(yaml_get(config, "weight_device"), "weight", "Weight"));
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
		set_unless_empty(host, rates[i][1],
				 rates_json(yaml_get(config, rates[i][0]), "rate", "Rate"));
}

/* "service:x" is the namespace of that service's first container. */
static void set_namespace(const struct request *request, json_t *host, const char *attribute,
			  const char *member)
{
	const char *text = yaml_get_text(request->service, attribute);

	if (text && str_has_prefix(text, "service:")) {
		AUTO(freep)
		char *name = container_reference(request, text + strlen("service:"));
		AUTO(freep) char *mode = xasprintf("container:%s", name);

		json_set_string(host, member, mode);
	} else if (text) {
		json_set_string(host, member, text);
	}
}

/* The engine wants "host:address". */
static void set_hosts(const struct yaml *service, json_t *host)
{
	json_t *array = json_array();

	YAML_EACH_ITEM(item, yaml_get(service, "extra_hosts")) {
		AUTO(freep) char *text = xstrdup((*item)->text);

		text[strcspn(text, "=")] = ':';
		json_array_append_new(array, json_string(text));
	}
	set_unless_empty(host, "ExtraHosts", array);
}

/* A network that others made has no endpoints in the request, and a namespace of others no links. */
static void set_links(const struct request *request, json_t *host)
{
	const char *mode = yaml_get_text(request->service, "network_mode");

	if (str_eq(mode, "host") || str_eq(mode, "none") || (mode && strchr(mode, ':')))
		return;
	set_unless_empty(host, "Links", request_links(request));
}

static int check_dns(const struct yaml *service, struct err *err)
{
	YAML_EACH_ITEM(item, yaml_get(service, "dns"))
		if (!is_ip_address((*item)->text))
			return err_set(err, ERR_INPUT,
				       "'dns' holds '%s', which is not an IP address",
				       (*item)->text);
	return 0;
}

int request_host(const struct request *request, json_t *host, struct err *err)
{
	const struct yaml *service = request->service;
	const struct yaml *resources = yaml_get(yaml_get(service, "deploy"), "resources");

	set_members(host, service, members, ARRAY_SIZE(members));
	set_members(host, yaml_get(resources, "limits"), limits, ARRAY_SIZE(limits));
	set_members(host, yaml_get(resources, "reservations"), reservations,
		    ARRAY_SIZE(reservations));
	set_ports(service, host);
	if (set_restart(service, host, err) < 0)
		return -1;
	set_logging(service, host);
	set_ulimits(service, host);
	set_devices(service, host);
	set_blkio(service, host);
	set_hosts(service, host);
	set_links(request, host);
	set_namespace(request, host, "ipc", "IpcMode");
	set_namespace(request, host, "pid", "PidMode");
	return check_dns(service, err);
}
