/*
 * docker compose hashes a service, network or volume as Go prints its structures as JSON: members in the order of their
 * declaration, keys of maps sorted, nothing that is empty. The order is frozen since 2026 (docker/compose, pkg/compose/hash.go);
 * it was the same before, but for attributes that were added, and a few that are printed in another form since 2.26.
 */
#include "config_hash.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "image/digest.h"

struct layout;

struct member {
	const char *key;
	const struct layout *
		layout; /* of its value, or of each item of it; NULL = nothing but maps and scalars */
	const char *otherwise; /* what is printed when it is not there; NULL = nothing */
	bool omits_true;
	const char *printed; /* its key there; NULL = the same */
};

struct layout {
	const struct member *members; /* NULL = a map of any keys */
	size_t len;
	const struct layout *each; /* of the values of such a map */
};

#define KEY(name)            \
	{                    \
		.key = #name \
	}
#define OF(name, of)                          \
	{                                     \
		.key = #name, .layout = &(of) \
	}
#define UNLESS_TRUE(name)                        \
	{                                        \
		.key = #name, .omits_true = true \
	}
#define RENAMED(name, as)                    \
	{                                    \
		.key = #name, .printed = #as \
	}
#define ALWAYS(name, of, text)                                \
	{                                                     \
		.key = #name, .layout = of, .otherwise = text \
	}
#define LAYOUT(name, ...)                                              \
	static const struct member name##_members[] = { __VA_ARGS__ }; \
	static const struct layout name = { .members = name##_members, \
					    .len = ARRAY_SIZE(name##_members) }

LAYOUT(rate, RENAMED(path, Path), RENAMED(rate, Rate), RENAMED(weight, Weight));
LAYOUT(blkio, KEY(weight), OF(weight_device, rate), OF(device_read_bps, rate),
       OF(device_read_iops, rate), OF(device_write_bps, rate), OF(device_write_iops, rate));
LAYOUT(file, KEY(source), KEY(target), KEY(uid), KEY(gid), KEY(mode));
LAYOUT(credentials, KEY(config), KEY(file), KEY(registry));
LAYOUT(update, KEY(parallelism), KEY(delay), KEY(failure_action), KEY(monitor),
       KEY(max_failure_ratio), KEY(order));
LAYOUT(device_request, KEY(capabilities), KEY(driver), KEY(count), KEY(device_ids), KEY(options));
LAYOUT(discrete, KEY(kind), KEY(value));
LAYOUT(generic, OF(discrete_resource_spec, discrete));
LAYOUT(resource, KEY(cpus), KEY(memory), KEY(pids), OF(devices, device_request),
       OF(generic_resources, generic));
LAYOUT(resources, OF(limits, resource), OF(reservations, resource));
LAYOUT(restart, KEY(condition), KEY(delay), KEY(max_attempts), KEY(window));
LAYOUT(preference, KEY(spread));
LAYOUT(placement, KEY(constraints), OF(preferences, preference), KEY(max_replicas_per_node));
LAYOUT(deploy, KEY(mode), KEY(replicas), KEY(labels), OF(update_config, update),
       OF(rollback_config, update), ALWAYS(resources, &resources, "{}"),
       OF(restart_policy, restart), ALWAYS(placement, &placement, "{}"), KEY(endpoint_mode));
LAYOUT(device, KEY(source), KEY(target), KEY(permissions));
LAYOUT(healthcheck, KEY(test), KEY(timeout), KEY(interval), KEY(retries), KEY(start_period),
       KEY(start_interval), KEY(disable));
LAYOUT(logging, KEY(driver), KEY(options));
LAYOUT(attachment, KEY(aliases), KEY(driver_opts), KEY(gw_priority), KEY(interface_name),
       KEY(ipv4_address), KEY(ipv6_address), KEY(link_local_ips), KEY(mac_address), KEY(priority));
LAYOUT(port, KEY(name), KEY(mode), KEY(host_ip), KEY(target), KEY(published), KEY(protocol),
       KEY(app_protocol));
LAYOUT(ulimit, KEY(soft), KEY(hard));
LAYOUT(bind, KEY(selinux), KEY(propagation), UNLESS_TRUE(create_host_path), KEY(recursive));
LAYOUT(volume_options, KEY(labels), KEY(nocopy), KEY(subpath));
LAYOUT(tmpfs_options, KEY(size), KEY(mode));
LAYOUT(image_options, KEY(subpath));
LAYOUT(mount, KEY(type), KEY(source), KEY(target), KEY(read_only), KEY(consistency), OF(bind, bind),
       OF(volume, volume_options), OF(tmpfs, tmpfs_options), OF(image, image_options));
LAYOUT(hook, ALWAYS(command, NULL, "null"), KEY(user), KEY(privileged), KEY(working_dir),
       KEY(environment));
LAYOUT(trigger, KEY(path), KEY(action), KEY(target), ALWAYS(exec, &hook, "{\"command\":null}"),
       KEY(include), KEY(ignore), KEY(initial_sync));
LAYOUT(develop, OF(watch, trigger));
static const struct layout attachments = { .each = &attachment };
static const struct layout ulimits = { .each = &ulimit };

LAYOUT(service, KEY(annotations), KEY(attach), OF(develop, develop), OF(blkio_config, blkio),
       KEY(cap_add), KEY(cap_drop), KEY(cgroup_parent), KEY(cgroup), KEY(cpu_count),
       KEY(cpu_percent), KEY(cpu_period), KEY(cpu_quota), KEY(cpu_rt_period), KEY(cpu_rt_runtime),
       KEY(cpus), KEY(cpuset), KEY(cpu_shares), ALWAYS(command, NULL, "null"), OF(configs, file),
       KEY(container_name), OF(credential_spec, credentials), OF(deploy, deploy),
       KEY(device_cgroup_rules), OF(devices, device), KEY(dns), KEY(dns_opt), KEY(dns_search),
       KEY(domainname), ALWAYS(entrypoint, NULL, "null"), KEY(provider), KEY(environment),
       KEY(env_file), KEY(expose), KEY(extends), KEY(external_links), KEY(extra_hosts),
       KEY(group_add), OF(gpus, device_request), KEY(hostname), OF(healthcheck, healthcheck),
       KEY(image), KEY(init), KEY(ipc), KEY(isolation), KEY(labels), KEY(label_file), KEY(links),
       OF(logging, logging), KEY(mem_limit), KEY(mem_reservation), KEY(memswap_limit),
       KEY(mem_swappiness), KEY(mac_address), KEY(models), KEY(network_mode),
       OF(networks, attachments), KEY(oom_kill_disable), KEY(oom_score_adj), KEY(pid),
       KEY(pids_limit), KEY(platform), OF(ports, port), KEY(privileged), KEY(read_only),
       KEY(restart), KEY(runtime), OF(secrets, file), KEY(security_opt), KEY(shm_size),
       KEY(stdin_open), KEY(stop_grace_period), KEY(stop_signal), KEY(storage_opt), KEY(sysctls),
       KEY(tmpfs), KEY(tty), OF(ulimits, ulimits), KEY(use_api_socket), KEY(user), KEY(userns_mode),
       KEY(uts), OF(volumes, mount), KEY(volumes_from), KEY(working_dir), OF(pre_start, hook),
       OF(post_start, hook), OF(pre_stop, hook));

LAYOUT(subnet, KEY(subnet), KEY(gateway), KEY(ip_range), KEY(aux_addresses));
LAYOUT(ipam, KEY(driver), OF(config, subnet));
LAYOUT(network_layout, KEY(name), KEY(driver), KEY(driver_opts), ALWAYS(ipam, &ipam, "{}"),
       KEY(external), KEY(internal), KEY(attachable), KEY(labels), KEY(enable_ipv4),
       KEY(enable_ipv6));
LAYOUT(volume_layout, KEY(name), ALWAYS(driver, NULL, "\"local\""), KEY(driver_opts), KEY(external),
       KEY(labels));

/* --- as Go's encoding/json prints it --- */

struct printer {
	struct arena *arena;
	struct str *out;
};

static void add_character(struct str *out, unsigned char c)
{
	static const char *const names[] = {
		['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r",
		['\t'] = "\\t", ['"'] = "\\\"", ['\\'] = "\\\\"
	};

	if (c < ARRAY_SIZE(names) && names[c])
		str_add(out, names[c]);
	else if (c < ' ' || strchr("<>&", c))
		str_addf(out, "\\u%04x", c);
	else
		str_addc(out, (char)c);
}

static void add_string(struct str *out, const char *text)
{
	str_addc(out, '"');
	for (; *text; text++) {
		/* U+2028 and U+2029, which end a line of JavaScript. */
		if (strncmp(text, "\xe2\x80\xa8", 3) == 0 ||
		    strncmp(text, "\xe2\x80\xa9", 3) == 0) {
			str_add(out, text[2] == '\xa8' ? "\\u2028" : "\\u2029");
			text += 2;
			continue;
		}
		add_character(out, (unsigned char)*text);
	}
	str_addc(out, '"');
}

static void add(struct printer *p, const struct yaml *node, const struct layout *layout);

static void add_member(struct printer *p, const char *key, const struct yaml *value,
		       const struct layout *layout)
{
	if (p->out->ptr[p->out->len - 1] != '{')
		str_addc(p->out, ',');
	add_string(p->out, key);
	str_addc(p->out, ':');
	add(p, value, layout);
}

static void add_members(struct printer *p, const struct yaml *map, const struct layout *layout)
{
	for (size_t i = 0; i < layout->len; i++) {
		const struct member *member = &layout->members[i];
		const struct yaml *value = yaml_get(map, member->key);

		if (value && member->omits_true && value->kind == YAML_BOOL && value->boolean)
			continue;
		if (value)
			add_member(p, member->printed ?: member->key, value, member->layout);
		else if (member->otherwise)
			str_addf(p->out, "%s\"%s\":%s",
				 p->out->ptr[p->out->len - 1] == '{' ? "" : ",", member->key,
				 member->otherwise);
	}
}

static bool has_member(const struct layout *layout, const char *key)
{
	for (size_t i = 0; layout && i < layout->len; i++) {
		if (strcmp(layout->members[i].key, key) == 0)
			return true;
	}
	return false;
}

/* Of a structure, what its layout does not know, which is younger; without the user's own. */
static void add_map(struct printer *p, const struct yaml *map, const struct layout *layout)
{
	struct yaml *sorted = yaml_copy(p->arena, map);

	str_addc(p->out, '{');
	if (layout && layout->members)
		add_members(p, map, layout);
	yaml_sort(sorted);
	YAML_EACH_ENTRY(entry, sorted) {
		bool is_own = layout && layout->members && strncmp(entry->key, "x-", 2) == 0;

		if (!is_own && !has_member(layout, entry->key))
			add_member(p, entry->key, entry->value, layout ? layout->each : NULL);
	}
	str_addc(p->out, '}');
}

static void add_list(struct printer *p, const struct yaml *list, const struct layout *layout)
{
	const char *separator = "";

	str_addc(p->out, '[');
	YAML_EACH_ITEM(item, list) {
		str_add(p->out, separator);
		add(p, *item, layout);
		separator = ",";
	}
	str_addc(p->out, ']');
}

static void add(struct printer *p, const struct yaml *node, const struct layout *layout)
{
	switch (node->kind) {
	case YAML_NULL: str_add(p->out, "null"); return;
	case YAML_STRING: add_string(p->out, node->text); return;
	case YAML_LIST: add_list(p, node, layout); return;
	case YAML_MAP: add_map(p, node, layout); return;
	case YAML_BOOL:
	case YAML_INT:
	case YAML_FLOAT: break;
	}
	str_add(p->out, yaml_scalar_text(p->arena, node));
}

static char *hash(const struct yaml *node, const struct layout *layout)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(str_release) struct str text = STR_INIT;
	struct printer printer = { .arena = arena, .out = &text };
	struct digest digest = { 0 };

	add(&printer, node, layout);
	digest_of(text.ptr, text.len, &digest);
	return xstrdup(digest_hex(&digest));
}

char *config_hash_service(struct yaml *node)
{
	static const char *const left_out[] = { "build", "pull_policy", "scale", "depends_on",
						"profiles" };

	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
		yaml_remove(node, left_out[i]);
	if (yaml_is(yaml_get(node, "deploy"), YAML_MAP))
		yaml_remove(yaml_get(node, "deploy"), "replicas");
	return hash(node, &service);
}

char *config_hash_network(const struct yaml *network)
{
	return hash(network, &network_layout);
}

char *config_hash_volume(const struct yaml *volume)
{
	return hash(volume, &volume_layout);
}
