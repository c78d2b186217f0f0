/* The tables of attr.h. Source: the JSON schema of the compose specification (compose-spec.json). */
#include <ctype.h>

#include "attr.h"

#define NUL  YAML_BIT(YAML_NULL)
#define BOOL YAML_BIT(YAML_BOOL)
#define INT  YAML_BIT(YAML_INT)
#define NUM  (YAML_BIT(YAML_INT) | YAML_BIT(YAML_FLOAT))
#define STR  YAML_BIT(YAML_STRING)
#define LIST YAML_BIT(YAML_LIST)
#define MAP  YAML_BIT(YAML_MAP)
#define ANY  (NUL | BOOL | NUM | STR | LIST | MAP)

#define UNIQUE   ATTR_UNIQUE_ITEMS
#define KEEP     ATTR_KEEP_ZERO
#define REQUIRED ATTR_REQUIRED

/* clang-format off */

/* One attribute: name, types, and what else there is to say. */
#define ATTR(name_, types_, ...) { .name = (name_), .types = (types_), __VA_ARGS__ }
#define LAST                     { .name = NULL }

/* Shapes that many have. */
#define TEXT(name_, ...)        ATTR(name_, STR, __VA_ARGS__)
#define SWITCH(name_, ...)      ATTR(name_, BOOL | STR, .form = FORM_BOOL, __VA_ARGS__)
#define INTEGER(name_, ...)     ATTR(name_, INT | STR, .form = FORM_INT, __VA_ARGS__)
#define DURATION(name_, ...)    ATTR(name_, STR, .form = FORM_DURATION, __VA_ARGS__)
#define BYTES(name_, types_)    ATTR(name_, types_, .form = FORM_BYTES)
#define TEXTS(name_, ...)       ATTR(name_, LIST, .form = FORM_TEXTS, .items = &text, __VA_ARGS__)
#define TEXT_SET(name_, ...)    TEXTS(name_, .flags = UNIQUE, __VA_ARGS__)
#define TEXT_OR_SET(name_, ...) ATTR(name_, STR | LIST, .form = FORM_TEXTS, .flags = UNIQUE, \
				     .items = &text, __VA_ARGS__)
#define LIST_OR_MAP(name_, form_, ...) \
	ATTR(name_, MAP | LIST, .form = (form_), .flags = UNIQUE, .items = &text, \
	     .values = &scalar_or_null, __VA_ARGS__)
#define PAIRS(name_, form_)     LIST_OR_MAP(name_, form_, .merge = MERGE_TO_LIST, .unique = UNIQUE_KEY)
#define OPTIONS(name_, values_) ATTR(name_, MAP, .form = FORM_PAIRS, .values = &(values_))
#define HOSTS(name_) \
	ATTR(name_, MAP | LIST, .form = FORM_HOSTS, .flags = UNIQUE, .items = &text, \
	     .values = &host_address, .merge = MERGE_HOSTS)
#define MAP_OF(name_, fields_, ...)  ATTR(name_, MAP, .fields = (fields_), __VA_ARGS__)
#define LIST_OF(name_, items_, ...)  ATTR(name_, LIST, .items = &(items_), __VA_ARGS__)
#define COMMAND(name_, ...) \
	ATTR(name_, NUL | STR | LIST, .form = FORM_COMMAND, .items = &text, __VA_ARGS__)

static const struct attr text = { .types = STR };
static const struct attr text_or_number = { .types = STR | NUM };
static const struct attr scalar = { .types = STR | NUM | BOOL };
static const struct attr scalar_or_null = { .types = STR | NUM | BOOL | NUL };
static const struct attr log_option = { .types = STR | NUM | NUL };
static const struct attr host_address = { .types = STR | LIST, .items = &text };

static const struct attr ulimit_fields[] = {
	INTEGER("hard", .flags = KEEP | REQUIRED),
	INTEGER("soft", .flags = KEEP | REQUIRED),
	LAST,
};
static const struct attr ulimit = {
	.types = INT | STR | MAP, .form = FORM_INT, .flags = KEEP, .fields = ulimit_fields,
	.merge = MERGE_REPLACE,
};

static const struct attr source_fields[] = {
	TEXT("gid"),
	ATTR("mode", NUM | STR, .form = FORM_MODE, .flags = KEEP),
	TEXT("source"),
	TEXT("target"),
	TEXT("uid"),
	LAST,
};
static const struct attr source_mount = {
	.types = STR | MAP, .fields = source_fields, .expand = EXPAND_SOURCE,
};

static const struct attr context_value = {
	.types = STR | NUM | BOOL | NUL, .path = PATH_CONTEXT,
};
static const struct attr ssh_value = { .types = STR, .path = PATH_SSH };

static const struct attr build_fields[] = {
	ATTR("additional_contexts", MAP | LIST, .form = FORM_PAIRS, .flags = UNIQUE, .items = &text,
	     .values = &context_value, .merge = MERGE_TO_LIST, .unique = UNIQUE_KEY,
	     .expand = EXPAND_CONTEXTS),
	PAIRS("args", FORM_ENV),
	TEXTS("cache_from"),
	TEXTS("cache_to"),
	TEXT("context", .path = PATH_CONTEXT),
	TEXT("dockerfile"),
	TEXT("dockerfile_inline"),
	TEXTS("entitlements"),
	HOSTS("extra_hosts"),
	TEXT("isolation"),
	PAIRS("labels", FORM_PAIRS),
	TEXT("network"),
	SWITCH("no_cache"),
	TEXT_OR_SET("no_cache_filter"),
	TEXTS("platforms"),
	SWITCH("privileged"),
	ATTR("provenance", STR | BOOL, .form = FORM_TEXT),
	SWITCH("pull"),
	ATTR("sbom", STR | BOOL, .form = FORM_TEXT),
	LIST_OF("secrets", source_mount),
	BYTES("shm_size", INT | STR),
	ATTR("ssh", MAP | LIST, .form = FORM_SSH, .flags = UNIQUE, .items = &ssh_value,
	     .values = &scalar_or_null, .expand = EXPAND_SSH),
	TEXTS("tags", .unique = UNIQUE_KEY),
	TEXT("target"),
	ATTR("ulimits", MAP, .values = &ulimit),
	LAST,
};

static const struct attr rate_fields[] = {
	TEXT("path"),
	BYTES("rate", INT | STR),
	LAST,
};
static const struct attr rate = { .types = MAP, .flags = ATTR_CLOSED, .fields = rate_fields };

static const struct attr weight_fields[] = {
	TEXT("path"),
	INTEGER("weight"),
	LAST,
};
static const struct attr weight = { .types = MAP, .flags = ATTR_CLOSED, .fields = weight_fields };

static const struct attr blkio_fields[] = {
	LIST_OF("device_read_bps", rate),
	LIST_OF("device_read_iops", rate),
	LIST_OF("device_write_bps", rate),
	LIST_OF("device_write_iops", rate),
	INTEGER("weight"),
	LIST_OF("weight_device", weight),
	LAST,
};

static const struct attr credential_fields[] = {
	TEXT("config"),
	TEXT("file"),
	TEXT("registry"),
	LAST,
};

static const char *const conditions[] = { "service_started", "service_healthy",
					  "service_completed_successfully", NULL };
static const struct attr dependency_fields[] = {
	TEXT("condition", .flags = REQUIRED, .one_of = conditions),
	ATTR("required", BOOL, .form = FORM_BOOL, .flags = KEEP),
	SWITCH("restart"),
	LAST,
};
static const struct attr dependency = { .types = MAP, .fields = dependency_fields };

#define REQUEST_FIELDS(flags_) \
	TEXTS("capabilities", .flags = UNIQUE | (flags_)), \
	ATTR("count", STR | INT, .form = FORM_COUNT), \
	TEXT_SET("device_ids"), \
	TEXT("driver"), \
	LIST_OR_MAP("options", FORM_PAIRS), \
	LAST

static const struct attr device_request_fields[] = { REQUEST_FIELDS(REQUIRED) };
static const struct attr device_request = { .types = MAP, .fields = device_request_fields };
static const struct attr gpu_fields[] = { REQUEST_FIELDS(0) };
static const struct attr gpu = { .types = MAP, .flags = ATTR_OPEN, .fields = gpu_fields };
static const char *const all_gpus[] = { "all", NULL };

static const char *const orders[] = { "start-first", "stop-first", NULL };
static const struct attr update_fields[] = {
	DURATION("delay"),
	TEXT("failure_action"),
	ATTR("max_failure_ratio", NUM | STR, .form = FORM_FLOAT),
	DURATION("monitor"),
	TEXT("order", .one_of = orders),
	INTEGER("parallelism", .flags = KEEP),
	LAST,
};

static const struct attr spread_fields[] = { TEXT("spread"), LAST };
static const struct attr spread = { .types = MAP, .fields = spread_fields };
static const struct attr placement_fields[] = {
	TEXTS("constraints"),
	INTEGER("max_replicas_per_node"),
	LIST_OF("preferences", spread),
	LAST,
};

static const struct attr limit_fields[] = {
	ATTR("cpus", NUM | STR, .form = FORM_FLOAT),
	BYTES("memory", STR),
	INTEGER("pids"),
	LAST,
};
static const struct attr discrete_fields[] = {
	TEXT("kind"),
	ATTR("value", NUM | STR, .form = FORM_INT),
	LAST,
};
static const struct attr generic_fields[] = {
	MAP_OF("discrete_resource_spec", discrete_fields),
	LAST,
};
static const struct attr generic = { .types = MAP, .fields = generic_fields };
static const struct attr reservation_fields[] = {
	ATTR("cpus", NUM | STR, .form = FORM_FLOAT),
	LIST_OF("devices", device_request),
	LIST_OF("generic_resources", generic),
	BYTES("memory", STR),
	LAST,
};
static const struct attr resource_fields[] = {
	MAP_OF("limits", limit_fields),
	MAP_OF("reservations", reservation_fields),
	LAST,
};

static const struct attr restart_fields[] = {
	TEXT("condition"),
	DURATION("delay", .flags = KEEP),
	INTEGER("max_attempts", .flags = KEEP),
	DURATION("window", .flags = KEEP),
	LAST,
};

static const struct attr deploy_fields[] = {
	TEXT("endpoint_mode"),
	PAIRS("labels", FORM_PAIRS),
	TEXT("mode"),
	MAP_OF("placement", placement_fields, .flags = ATTR_DROP_EMPTY),
	INTEGER("replicas", .flags = KEEP),
	MAP_OF("resources", resource_fields, .flags = ATTR_DROP_EMPTY),
	MAP_OF("restart_policy", restart_fields),
	MAP_OF("rollback_config", update_fields),
	MAP_OF("update_config", update_fields),
	LAST,
};

#define HOOK_FIELDS(flags_) \
	COMMAND("command", .flags = (flags_)), \
	PAIRS("environment", FORM_ENV)

static const struct attr hook_fields[] = {
	HOOK_FIELDS(REQUIRED),
	SWITCH("privileged"),
	TEXT("user"),
	TEXT("working_dir"),
	LAST,
};
static const struct attr hook = { .types = MAP, .fields = hook_fields };
static const struct attr pre_start_fields[] = {
	HOOK_FIELDS(0),
	TEXT("image"),
	SWITCH("per_replica"),
	SWITCH("privileged"),
	TEXT("user"),
	TEXT("working_dir"),
	LAST,
};
static const struct attr pre_start = { .types = MAP, .fields = pre_start_fields };

static const char *const actions[] = { "rebuild", "sync", "restart", "sync+restart", "sync+exec",
				       NULL };
static const struct attr watch_fields[] = {
	TEXT("action", .flags = REQUIRED, .one_of = actions),
	MAP_OF("exec", hook_fields, .flags = ATTR_DROP_EMPTY),
	TEXT_OR_SET("ignore"),
	TEXT_OR_SET("include"),
	ATTR("initial_sync", BOOL, .form = FORM_BOOL),
	TEXT("path", .flags = REQUIRED, .path = PATH_WATCHED),
	TEXT("target"),
	LAST,
};
static const struct attr watch = { .types = MAP, .fields = watch_fields };
static const struct attr develop_fields[] = { LIST_OF("watch", watch), LAST };

static const struct attr device_fields[] = {
	TEXT("permissions"),
	TEXT("source", .flags = REQUIRED),
	TEXT("target"),
	LAST,
};
static const struct attr device = {
	.types = STR | MAP, .fields = device_fields, .expand = EXPAND_DEVICE,
};

static const struct attr env_file_fields[] = {
	TEXT("format"),
	TEXT("path", .flags = REQUIRED, .path = PATH_FILE),
	ATTR("required", BOOL | STR, .form = FORM_BOOL, .flags = KEEP),
	LAST,
};
static const struct attr env_file = {
	.types = STR | MAP, .flags = ATTR_CLOSED, .fields = env_file_fields,
};
static const struct attr label_file = { .types = STR, .path = PATH_FILE };

static const struct attr extends_fields[] = {
	TEXT("file", .path = PATH_FILE),
	TEXT("service", .flags = REQUIRED),
	LAST,
};

static const struct attr healthcheck_fields[] = {
	SWITCH("disable"),
	DURATION("interval", .flags = KEEP),
	ATTR("retries", NUM | STR, .form = FORM_INT, .flags = KEEP, .has_range = true, .min = 0,
	     .max = INT64_MAX),
	DURATION("start_interval", .flags = KEEP),
	DURATION("start_period", .flags = KEEP),
	ATTR("test", STR | LIST, .form = FORM_TEST, .items = &text, .merge = MERGE_REPLACE),
	DURATION("timeout", .flags = KEEP),
	LAST,
};

static const struct attr logging_fields[] = {
	TEXT("driver"),
	OPTIONS("options", log_option),
	LAST,
};

static const struct attr model_use_fields[] = {
	TEXT("endpoint_var"),
	TEXT("model_var"),
	LAST,
};
static const struct attr model_use = { .types = MAP | NUL, .fields = model_use_fields };

static const struct attr attachment_fields[] = {
	TEXT_SET("aliases", .unique = UNIQUE_KEY),
	OPTIONS("driver_opts", text_or_number),
	ATTR("gw_priority", NUM, .form = FORM_INT),
	TEXT("interface_name"),
	TEXT("ipv4_address"),
	TEXT("ipv6_address"),
	TEXT_SET("link_local_ips", .unique = UNIQUE_KEY),
	TEXT("mac_address"),
	ATTR("priority", NUM, .form = FORM_INT),
	LAST,
};
static const struct attr attachment = { .types = MAP | NUL, .fields = attachment_fields };

static const struct attr port_fields[] = {
	TEXT("app_protocol"),
	TEXT("host_ip"),
	TEXT("mode"),
	TEXT("name"),
	TEXT("protocol"),
	ATTR("published", STR | INT, .form = FORM_TEXT),
	INTEGER("target"),
	LAST,
};
static const struct attr port = { .types = NUM | STR | MAP, .fields = port_fields };

static const struct attr provider_option = {
	.types = STR | NUM | BOOL | LIST, .items = &scalar,
};
static const struct attr provider_fields[] = {
	ATTR("options", MAP, .form = FORM_OPTIONS, .values = &provider_option),
	TEXT("type", .flags = REQUIRED),
	LAST,
};

static const char *const recursions[] = { "enabled", "disabled", "writable", "readonly", NULL };
static const char *const selinux_modes[] = { "z", "Z", NULL };
static const struct attr bind_fields[] = {
	SWITCH("create_host_path", .flags = KEEP),
	TEXT("propagation"),
	TEXT("recursive", .one_of = recursions),
	TEXT("selinux", .one_of = selinux_modes),
	LAST,
};
static const struct attr image_mount_fields[] = { TEXT("subpath"), LAST };
static const struct attr tmpfs_fields[] = {
	ATTR("mode", NUM | STR, .form = FORM_INT),
	ATTR("size", INT | STR, .form = FORM_BYTES, .has_range = true, .min = 0, .max = INT64_MAX),
	LAST,
};
static const struct attr volume_mount_fields[] = {
	PAIRS("labels", FORM_PAIRS),
	SWITCH("nocopy"),
	TEXT("subpath"),
	LAST,
};
static const char *const mount_types[] = { "bind", "volume", "tmpfs", "cluster", "npipe", "image",
					   NULL };
static const struct attr mount_fields[] = {
	MAP_OF("bind", bind_fields),
	TEXT("consistency"),
	MAP_OF("image", image_mount_fields),
	SWITCH("read_only"),
	TEXT("source"),
	TEXT("target"),
	MAP_OF("tmpfs", tmpfs_fields),
	TEXT("type", .flags = REQUIRED, .one_of = mount_types),
	MAP_OF("volume", volume_mount_fields),
	LAST,
};
static const struct attr mount = {
	.types = STR | MAP, .fields = mount_fields, .expand = EXPAND_VOLUME, .path = PATH_VOLUME,
};

static bool is_container_name(const char *name)
{
	for (; *name; name++)
		if (isalnum((unsigned char)name[0]) &&
		    (isalnum((unsigned char)name[1]) || (name[1] && strchr("_.-", name[1]))))
			return true;
	return false;
}

static bool is_pull_policy(const char *policy)
{
	static const char *const words[] = { "always", "never", "build", "if_not_present", "missing",
					     "refresh", "daily", "weekly" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(policy, words[i]))
			return true;
	if (!str_has_prefix(policy, "every_") || !policy[6])
		return false;
	for (policy += 6; *policy; policy++) {
		size_t digits = strspn(policy, "0123456789");

		policy += digits;
		if (!digits || !*policy || !strchr("wdhms", *policy))
			return false;
	}
	return true;
}

static const char *const cgroups[] = { "host", "private", NULL };

static const struct attr service_fields[] = {
	PAIRS("annotations", FORM_PAIRS),
	SWITCH("attach", .flags = KEEP),
	ATTR("blkio_config", MAP, .flags = ATTR_CLOSED, .fields = blkio_fields),
	ATTR("build", STR | MAP, .fields = build_fields, .merge = MERGE_BUILD,
	     .expand = EXPAND_BUILD),
	TEXT_SET("cap_add", .unique = UNIQUE_KEY),
	TEXT_SET("cap_drop", .unique = UNIQUE_KEY),
	TEXT("cgroup", .one_of = cgroups),
	TEXT("cgroup_parent"),
	COMMAND("command", .flags = KEEP, .merge = MERGE_REPLACE),
	LIST_OF("configs", source_mount, .unique = UNIQUE_CONFIG),
	TEXT("container_name", .fits = is_container_name,
	     .wanted = "at least two characters: a letter or digit, then letters, digits, '_', '.', '-'"),
	INTEGER("cpu_count", .has_range = true, .min = 0, .max = INT64_MAX),
	ATTR("cpu_percent", INT | STR, .form = FORM_FLOAT, .has_range = true, .min = 0, .max = 100),
	ATTR("cpu_period", NUM | STR, .form = FORM_INT),
	ATTR("cpu_quota", NUM | STR, .form = FORM_INT),
	ATTR("cpu_rt_period", NUM | STR, .form = FORM_INT),
	ATTR("cpu_rt_runtime", NUM | STR, .form = FORM_INT),
	ATTR("cpu_shares", NUM | STR, .form = FORM_INT),
	ATTR("cpus", NUM | STR, .form = FORM_FLOAT),
	TEXT("cpuset"),
	MAP_OF("credential_spec", credential_fields),
	ATTR("depends_on", LIST | MAP, .flags = UNIQUE, .items = &text, .values = &dependency,
	     .keys = KEYS_NAME, .merge = MERGE_DEPENDS_ON, .expand = EXPAND_DEPENDS_ON),
	ATTR("deploy", MAP | NUL, .fields = deploy_fields),
	ATTR("develop", MAP | NUL, .fields = develop_fields),
	TEXT_SET("device_cgroup_rules"),
	LIST_OF("devices", device, .unique = UNIQUE_DEVICE),
	ATTR("dns", STR | LIST, .form = FORM_TEXTS, .flags = UNIQUE | ATTR_DROP_BLANK,
	     .items = &text, .expand = EXPAND_TO_LIST, .merge = MERGE_TO_LIST, .unique = UNIQUE_KEY),
	TEXT_SET("dns_opt", .merge = MERGE_TO_LIST, .unique = UNIQUE_KEY),
	TEXT_OR_SET("dns_search", .merge = MERGE_TO_LIST, .unique = UNIQUE_KEY),
	TEXT("domainname"),
	COMMAND("entrypoint", .flags = KEEP, .merge = MERGE_REPLACE),
	ATTR("env_file", STR | LIST, .items = &env_file, .merge = MERGE_TO_LIST,
	     .unique = UNIQUE_PATH, .expand = EXPAND_ENV_FILE),
	PAIRS("environment", FORM_ENV),
	ATTR("expose", LIST, .form = FORM_TEXTS, .flags = UNIQUE, .items = &text_or_number,
	     .unique = UNIQUE_KEY),
	ATTR("extends", STR | MAP, .flags = ATTR_CLOSED, .fields = extends_fields,
	     .expand = EXPAND_EXTENDS),
	TEXT_SET("external_links"),
	HOSTS("extra_hosts"),
	ATTR("gpus", STR | LIST, .items = &gpu, .one_of = all_gpus, .expand = EXPAND_GPUS),
	ATTR("group_add", LIST, .form = FORM_TEXTS, .flags = UNIQUE, .items = &text_or_number),
	MAP_OF("healthcheck", healthcheck_fields),
	TEXT("hostname"),
	TEXT("image"),
	SWITCH("init", .flags = KEEP),
	TEXT("ipc"),
	TEXT("isolation"),
	ATTR("label_file", STR | LIST, .form = FORM_TEXTS, .items = &label_file,
	     .merge = MERGE_TO_LIST, .unique = UNIQUE_KEY, .expand = EXPAND_TO_LIST),
	PAIRS("labels", FORM_PAIRS),
	TEXT_SET("links", .unique = UNIQUE_KEY),
	MAP_OF("logging", logging_fields, .merge = MERGE_DRIVER),
	TEXT("mac_address"),
	BYTES("mem_limit", NUM | STR),
	BYTES("mem_reservation", INT | STR),
	BYTES("mem_swappiness", INT | STR),
	BYTES("memswap_limit", NUM | STR),
	ATTR("models", LIST | MAP, .flags = UNIQUE, .items = &text, .values = &model_use,
	     .merge = MERGE_NAMES, .expand = EXPAND_NAMES),
	TEXT("network_mode"),
	ATTR("networks", LIST | MAP, .flags = UNIQUE, .items = &text, .values = &attachment,
	     .keys = KEYS_NAME, .merge = MERGE_NAMES, .expand = EXPAND_NAMES),
	SWITCH("oom_kill_disable"),
	INTEGER("oom_score_adj", .has_range = true, .min = -1000, .max = 1000),
	ATTR("pid", STR | NUL),
	ATTR("pids_limit", NUM | STR, .form = FORM_INT),
	TEXT("platform"),
	LIST_OF("ports", port, .flags = UNIQUE, .unique = UNIQUE_PORT, .expand = EXPAND_PORTS),
	LIST_OF("post_start", hook),
	LIST_OF("pre_start", pre_start),
	LIST_OF("pre_stop", hook),
	SWITCH("privileged"),
	TEXT_SET("profiles", .unique = UNIQUE_KEY),
	MAP_OF("provider", provider_fields),
	TEXT("pull_policy", .fits = is_pull_policy,
	     .wanted = "always, never, build, if_not_present, missing, refresh, daily, weekly or "
		       "every_<duration>"),
	TEXT("pull_refresh_after"),
	SWITCH("read_only"),
	TEXT("restart"),
	TEXT("runtime"),
	INTEGER("scale", .flags = KEEP),
	LIST_OF("secrets", source_mount, .unique = UNIQUE_SECRET),
	TEXT_SET("security_opt"),
	BYTES("shm_size", NUM | STR),
	SWITCH("stdin_open"),
	DURATION("stop_grace_period", .flags = KEEP),
	TEXT("stop_signal"),
	OPTIONS("storage_opt", scalar_or_null),
	PAIRS("sysctls", FORM_PAIRS),
	TEXT_OR_SET("tmpfs", .merge = MERGE_TO_LIST, .unique = UNIQUE_KEY),
	SWITCH("tty"),
	ATTR("ulimits", MAP, .values = &ulimit),
	ATTR("use_api_socket", BOOL, .form = FORM_BOOL),
	TEXT("user"),
	TEXT("userns_mode"),
	TEXT("uts"),
	LIST_OF("volumes", mount, .flags = UNIQUE, .unique = UNIQUE_TARGET),
	TEXT_SET("volumes_from"),
	TEXT("working_dir"),
	LAST,
};

const struct attr attr_service = { .types = MAP, .fields = service_fields };

static const struct attr external_fields[] = { TEXT("name"), LAST };

#define EXTERNAL(flags_) \
	ATTR("external", BOOL | STR | MAP, .form = FORM_BOOL, .flags = (flags_), \
	     .fields = external_fields)

static const struct attr subnet_fields[] = {
	OPTIONS("aux_addresses", text),
	TEXT("gateway"),
	TEXT("ip_range"),
	TEXT("subnet"),
	LAST,
};
static const struct attr subnet = { .types = MAP, .fields = subnet_fields };
static const struct attr ipam_fields[] = {
	LIST_OF("config", subnet, .merge = MERGE_SUBNETS),
	TEXT("driver"),
	OPTIONS("options", text),
	LAST,
};
static const struct attr network_fields[] = {
	SWITCH("attachable"),
	TEXT("driver"),
	OPTIONS("driver_opts", text_or_number),
	SWITCH("enable_ipv4", .flags = KEEP),
	SWITCH("enable_ipv6", .flags = KEEP),
	EXTERNAL(0),
	SWITCH("internal"),
	MAP_OF("ipam", ipam_fields, .flags = ATTR_DROP_EMPTY),
	PAIRS("labels", FORM_PAIRS),
	TEXT("name"),
	LAST,
};
static const struct attr network = {
	.types = MAP | NUL, .fields = network_fields, .expand = EXPAND_EXTERNAL,
};

static const struct attr volume_fields[] = {
	TEXT("driver"),
	OPTIONS("driver_opts", text_or_number),
	EXTERNAL(0),
	PAIRS("labels", FORM_PAIRS),
	TEXT("name"),
	LAST,
};
static const struct attr volume = {
	.types = MAP | NUL, .fields = volume_fields, .expand = EXPAND_EXTERNAL,
	.path = PATH_OPTIONS,
};

static const struct attr secret_fields[] = {
	TEXT("driver"),
	OPTIONS("driver_opts", text_or_number),
	TEXT("environment"),
	EXTERNAL(ATTR_OPEN),
	TEXT("file", .path = PATH_HOST),
	PAIRS("labels", FORM_PAIRS),
	TEXT("name"),
	TEXT("template_driver"),
	LAST,
};
static const struct attr secret = {
	.types = MAP, .fields = secret_fields, .expand = EXPAND_EXTERNAL,
};

static const struct attr config_fields[] = {
	TEXT("content"),
	TEXT("environment"),
	EXTERNAL(ATTR_OPEN),
	TEXT("file", .path = PATH_HOST),
	PAIRS("labels", FORM_PAIRS),
	TEXT("name"),
	TEXT("template_driver"),
	LAST,
};
static const struct attr config = {
	.types = MAP, .fields = config_fields, .expand = EXPAND_EXTERNAL,
};

static const struct attr model_fields[] = {
	ATTR("context_size", INT, .form = FORM_INT),
	TEXT("model", .flags = REQUIRED),
	TEXT("name"),
	TEXTS("runtime_flags"),
	LAST,
};
static const struct attr model = { .types = MAP, .fields = model_fields };

static const struct attr include_fields[] = {
	TEXT_OR_SET("env_file"),
	TEXT_OR_SET("path"),
	TEXT("project_directory"),
	LAST,
};
static const struct attr include = { .types = STR | MAP, .fields = include_fields };

static const struct attr document_fields[] = {
	ATTR("configs", MAP, .values = &config, .keys = KEYS_NAME),
	ATTR("include", NUL | LIST, .items = &include),
	ATTR("models", MAP, .values = &model),
	TEXT("name"),
	ATTR("networks", MAP, .values = &network),
	ATTR("secrets", MAP, .values = &secret, .keys = KEYS_NAME),
	ATTR("services", MAP, .values = &attr_service, .keys = KEYS_NAME),
	TEXT("version"),
	ATTR("volumes", MAP, .values = &volume, .keys = KEYS_NAME),
	LAST,
};

const struct attr attr_document = { .types = MAP, .fields = document_fields };

/* clang-format on */
