/* Config: what the container runs, and as whom. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "compose/quantity.h"
#include "engine.h"

#define SECOND ((int64_t)1000 * 1000 * 1000)

static int64_t nanoseconds(const struct yaml *map, const char *key)
{
	const char *text = yaml_get_text(map, key);
	int64_t ns = 0;

	return text && compose_parse_duration(text, &ns, NULL) == 0 ? ns : 0;
}

static void set_duration(json_t *to, const char *member, const struct yaml *map, const char *key)
{
	int64_t ns = nanoseconds(map, key);

	if (ns)
		json_object_set_new(to, member, json_integer(ns));
}

static int set_healthcheck(const struct request *request, json_t *config, struct err *err)
{
	const struct yaml *check = yaml_get(request->service, "healthcheck");
	const struct yaml *retries = yaml_get(check, "retries");
	json_t *body = json_object();

	if (yaml_has(check, "disable"))
		json_object_set_new(body, "Test", json_pack("[s]", "NONE"));
	else
		set_unless_empty(body, "Test", texts_json(yaml_get(check, "test")));
	set_duration(body, "Interval", check, "interval");
	set_duration(body, "Timeout", check, "timeout");
	set_duration(body, "StartPeriod", check, "start_period");
	set_duration(body, "StartInterval", check, "start_interval");
	if (yaml_is(retries, YAML_INT) && retries->integer)
		json_object_set_new(body, "Retries", json_integer(retries->integer));
	set_unless_empty(config, "Healthcheck", body);
	if (!yaml_has(check, "start_interval"))
		return 0;
	if (request->engine->api_minor < 44)
		return err_set(
			err, ERR_UNSUPPORTED,
			"'healthcheck.start_interval' needs API 1.44, and the engine has 1.%u",
			request->engine->api_minor);
	if (!yaml_has(check, "start_period"))
		return err_set(err, ERR_INPUT,
			       "'healthcheck.start_interval' makes sense only with 'start_period'");
	return 0;
}

void each_port(const char *text, void (*add)(json_t *to, const char *port), json_t *to)
{
	const char *slash = strchr(text, '/');
	char *end = NULL;
	unsigned long first = strtoul(text, &end, 10);
	unsigned long last = *end == '-' ? strtoul(end + 1, NULL, 10) : first;

	for (unsigned long port = first; port <= last && port <= 65535; port++) {
		AUTO(freep) char *name = xasprintf("%lu/%s", port, slash ? slash + 1 : "tcp");

		add(to, name);
	}
}

static void expose(json_t *to, const char *port)
{
	json_object_set_new(to, port, json_object());
}

static void set_exposed(const struct request *request, json_t *config)
{
	json_t *ports = json_object();

	YAML_EACH_ITEM(item, yaml_get(request->service, "expose"))
		each_port((*item)->text, expose, ports);
	YAML_EACH_ITEM(item, yaml_get(request->service, "ports")) {
		const struct yaml *target = yaml_get(*item, "target");
		AUTO(freep)
		char *name = xasprintf("%lld/%s", target ? (long long)target->integer : 0,
				       yaml_get_text(*item, "protocol") ?: "tcp");

		expose(ports, name);
	}
	set_unless_empty(config, "ExposedPorts", ports);
}

static json_t *env_json(const struct yaml *env)
{
	json_t *array = json_array();

	YAML_EACH_ENTRY(entry, env) {
		bool has_value = entry->value->kind == YAML_STRING;
		AUTO(freep)
		char *pair = xasprintf("%s%s%s", entry->key, has_value ? "=" : "",
				       has_value ? entry->value->text : "");

		json_array_append_new(array, json_string(pair));
	}
	return array;
}

static void set_texts(const struct request *request, json_t *config)
{
	static const struct {
		const char *attribute, *member;
	} members[] = {
		{ "hostname", "Hostname" },
		{ "domainname", "Domainname" },
		{ "user", "User" },
		{ "working_dir", "WorkingDir" },
		{ "stop_signal", "StopSignal" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *text = yaml_get_text(request->service, members[i].attribute);

		if (text)
			json_set_string(config, members[i].member, text);
	}
}

/* An empty list clears what the image says, and is not the same as nothing. */
static void set_command(const struct request *request, json_t *config, const char *attribute,
			const char *member)
{
	const struct yaml *words = yaml_get(request->service, attribute);

	if (yaml_is(words, YAML_LIST))
		json_object_set_new(config, member, texts_json(words));
}

int request_config(const struct request *request, json_t *config, struct err *err)
{
	AUTO(freep) char *built = compose_image_name(request->compose, request->name);
	int64_t grace = nanoseconds(request->service, "stop_grace_period");

	json_object_set_new(config, "AttachStdout", json_true());
	json_object_set_new(config, "AttachStderr", json_true());
	json_set_string(config, "Image", built);
	set_texts(request, config);
	if (request->engine->api_minor < 44 && yaml_has(request->service, "mac_address"))
		json_set_string(config, "MacAddress",
				yaml_get_text(request->service, "mac_address"));
	if (yaml_has(request->service, "tty"))
		json_object_set_new(config, "Tty", json_true());
	if (yaml_has(request->service, "stdin_open"))
		json_object_set_new(config, "OpenStdin", json_true());
	set_command(request, config, "command", "Cmd");
	set_command(request, config, "entrypoint", "Entrypoint");
	set_unless_empty(config, "Env", env_json(yaml_get(request->service, "environment")));
	set_exposed(request, config);
	if (grace >= SECOND)
		json_object_set_new(config, "StopTimeout", json_integer(grace / SECOND));
	json_object_set_new(config, "Labels", request_labels(request));
	return set_healthcheck(request, config, err);
}
