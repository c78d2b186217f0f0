/* What the peers' table does not hold: several networks, older APIs, other services' containers, hashes. */
#include "compose/engine.h"

#include "base/json.h"
#include "model.h"

static struct compose_engine engine = { .api_minor = 47, .version = "1" };

static json_t *container(struct loading *loading, const char *service)
{
	json_t *body = NULL;

	assert_ok(compose_engine_container(loading->compose, &engine, service, 1, &body, &err_));
	return body;
}

static void assert_json(const json_t *value, const char *expect)
{
	char *text =
		value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;

	assert_non_null(text);
	assert_string_equal(text, expect);
	free(text);
}

static void networks_by_priority(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	json_t *body = NULL;

	load_text(&loading, "services:\n"
			    "  a:\n"
			    "    image: i\n"
			    "    networks:\n"
			    "      one: {aliases: [x]}\n"
			    "      two: {priority: 5, ipv4_address: 10.0.0.9}\n"
			    "networks: {one: {}, two: {name: real}}\n");
	body = container(&loading, "a");
	assert_json(json_object_get(json_object_get(body, "HostConfig"), "NetworkMode"),
		    "\"real\"");
	assert_json(json_object_get(body, "NetworkingConfig"),
		    "{\"EndpointsConfig\":{\"p_one\":{\"Aliases\":[\"p-a-1\",\"a\",\"x\"]},"
		    "\"real\":{\"Aliases\":[\"p-a-1\",\"a\"],\"IPAMConfig\":{\"IPv4Address\":\"10."
		    "0.0.9\"}}}}");
	json_decref(body);
	engine.api_minor = 43;
	body = container(&loading, "a");
	assert_json(json_object_get(body, "NetworkingConfig"),
		    "{\"EndpointsConfig\":{\"real\":{\"Aliases\":[\"p-a-1\",\"a\"],"
		    "\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.9\"}}}}");
	assert_json(json_object_get(body, "Connect"),
		    "{\"p_one\":{\"Aliases\":[\"p-a-1\",\"a\",\"x\"]}}");
	json_decref(body);
	engine.api_minor = 47;
}

/* Without endpoints, as in the engine's own bridge, only these lead to other containers. */
static void links(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	static const struct {
		const char *mode, *links;
	} rows[] = {
		{ "network_mode: bridge, ",
		  "[\"p-b-1:b\",\"p-b-1:b-1\",\"p-b-1:p-b-1\",\"db:db\",\"x:y\"]" },
		{ "", "[\"p-b-1:b\",\"p-b-1:b-1\",\"p-b-1:p-b-1\",\"db:db\",\"x:y\"]" },
		{ "network_mode: host, ", "null" },
		{ "network_mode: 'container:q', ", "null" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep)
		char *file =
			xasprintf("services:\n  a: {image: i, %slinks: [b], external_links: [db, "
				  "'x:y']}\n  b: {image: i}\n",
				  rows[i].mode);
		const json_t *have = NULL;
		json_t *body = NULL;

		load_text(&loading, file);
		body = container(&loading, "a");
		have = json_object_get(json_object_get(body, "HostConfig"), "Links");
		if (str_eq(rows[i].links, "null"))
			assert_null(have);
		else
			assert_json(have, rows[i].links);
		json_decref(body);
	}
}

static void other_containers(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	json_t *body = NULL;
	json_t *host = NULL;

	load_text(&loading, "services:\n"
			    "  a: {image: i, network_mode: 'service:b', pid: 'service:b', "
			    "volumes_from: ['b:ro']}\n"
			    "  b: {image: i, container_name: named}\n");
	body = container(&loading, "a");
	host = json_object_get(body, "HostConfig");
	assert_json(json_object_get(host, "NetworkMode"), "\"container:named\"");
	assert_json(json_object_get(host, "PidMode"), "\"container:named\"");
	assert_json(json_object_get(host, "VolumesFrom"), "[\"named:ro\"]");
	assert_null(json_object_get(body, "NetworkingConfig"));
	json_decref(body);
}

/* A policy of the deploy section wins; a count is a count of failures, for engines. */
static void restart_policies(void **state)
{
	(void)state;
	static const struct {
		const char *policy, *body;
	} rows[] = {
		{ "{condition: on-failure, max_attempts: 2}",
		  "{\"MaximumRetryCount\":2,\"Name\":\"on-failure\"}" },
		{ "{max_attempts: 3}", "{\"MaximumRetryCount\":3,\"Name\":\"on-failure\"}" },
		{ "{condition: none, max_attempts: 3}", "{\"Name\":\"no\"}" },
		{ "{max_attempts: 0}", "{\"Name\":\"always\"}" },
		{ "{delay: 5s}", "{\"Name\":\"always\"}" },
		{ "{condition: any, window: 1m}", "{\"Name\":\"always\"}" },
		{ "{condition: unless-stopped}", "{\"Name\":\"unless-stopped\"}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(loading_release) struct loading loading = { 0 };
		AUTO(freep)
		char *file = xasprintf("services: {a: {image: i, restart: 'on-failure:7', deploy: "
				       "{restart_policy: %s}}}\n",
				       rows[i].policy);
		json_t *body = NULL;

		load_text(&loading, file);
		body = container(&loading, "a");
		assert_json(json_object_get(json_object_get(body, "HostConfig"), "RestartPolicy"),
			    rows[i].body);
		json_decref(body);
	}
}

static void refused(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "image: i, healthcheck: {test: x, start_interval: 1s}", "start_period" },
		{ "image: i, networks: {default: {ipv4_address: x}}", "not an IP address" },
		{ "image: i, mac_address: nonsense", "not a MAC address" },
		{ "image: i, deploy: {restart_policy: {condition: any, max_attempts: 2}}",
		  "engines count no 'max_attempts'" },
		{ "image: i, deploy: {restart_policy: {condition: sometimes}}",
		  "cannot be 'sometimes'" },
		{ "image: i, security_opt: [nonsense]", "KEY=VALUE" },
		{ "image: i, volumes: [{type: image, source: x, target: /x}]", "API 1.48" },
		{ "image: i, networks: {default: {interface_name: e}}", "API 1.49" },
		{ "provider: {type: x}", "provider" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(loading_release) struct loading loading = { 0 };
		AUTO(freep) char *text = xasprintf("services: {a: {%s}}\n", rows[i][0]);
		AUTO(err_release) struct err err = ERR_INIT;
		json_t *body = NULL;

		load_text(&loading, text);
		assert_row(compose_engine_container(loading.compose, &engine, "a", 1, &body, &err) <
				   0,
			   rows[i][0]);
		assert_row(strstr(err.message, rows[i][1]), err.message);
	}
}

static void seccomp_profile(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	json_t *body = NULL;

	write_text("profile.json", "{ \"defaultAction\" : \"SCMP_ACT_ALLOW\" }\n");
	load_text(&loading,
		  "services:\n  a:\n    image: i\n"
		  "    security_opt: ['seccomp=profile.json', 'systempaths=unconfined']\n");
	body = container(&loading, "a");
	assert_json(json_object_get(json_object_get(body, "HostConfig"), "SecurityOpt"),
		    "[\"seccomp={\\\"defaultAction\\\":\\\"SCMP_ACT_ALLOW\\\"}\"]");
	assert_json(json_object_get(json_object_get(body, "HostConfig"), "MaskedPaths"), "[]");
	json_decref(body);
}

static char *hash_of(const char *service)
{
	AUTO(loading_release) struct loading loading = { 0 };
	AUTO(freep) char *text = xasprintf("services: {a: {%s}, b: {image: b}}\n", service);

	load_text(&loading, text);
	return compose_service_hash(loading.compose, "a");
}

/* Only what the container is made of counts. */
static void hashes(void **state)
{
	(void)state;
	static const struct {
		const char *service;
		bool same;
	} rows[] = {
		{ "image: i", true },
		{ "image: i, scale: 3", true },
		{ "image: i, pull_policy: always", true },
		{ "image: i, depends_on: [b]", true },
		{ "image: i, deploy: {replicas: 2}", false },
		{ "image: j", false },
		{ "image: i, environment: [A=1]", false },
		{ "image: i, restart: always", false },
	};
	AUTO(freep) char *first = hash_of("image: i");

	assert_int_equal(strlen(first), 64);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *hash = hash_of(rows[i].service);

		assert_row(str_eq(first, hash) == rows[i].same, rows[i].service);
	}
}

static void injected_files(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	AUTO(compose_injected_files_release) struct compose_injected_files files = { 0 };

	strmap_set(&loading.env, "PW", "hush");
	load_text(&loading,
		  "services:\n"
		  "  a:\n"
		  "    image: i\n"
		  "    secrets: [s, {source: s, target: other, uid: '5', mode: 0400}, file]\n"
		  "    configs: [c]\n"
		  "  b: {image: i, read_only: true, configs: [c]}\n"
		  "  d: {image: i, secrets: [unset]}\n"
		  "secrets: {s: {environment: PW}, file: {file: ./f}, unset: {environment: NONE}}\n"
		  "configs: {c: {content: 'x=$$y'}}\n");
	assert_ok(compose_engine_files(loading.compose, "a", &files, &err_));
	assert_int_equal(files.len, 3);
	assert_string_equal(files.items[0].path, "/c");
	assert_string_equal(files.items[0].content, "x=$y");
	assert_int_equal(files.items[0].mode, 0444);
	assert_string_equal(files.items[1].path, "/run/secrets/s");
	assert_string_equal(files.items[1].content, "hush");
	assert_string_equal(files.items[2].path, "/run/secrets/other");
	assert_string_equal(files.items[2].uid, "5");
	assert_int_equal(files.items[2].mode, 0400);
	compose_injected_files_release(&files);
	assert_int_equal(compose_engine_files(loading.compose, "b", &files, &err_), -1);
	assert_non_null(strstr(err_.message, "read_only"));
	compose_injected_files_release(&files);
	err_clear(&err_);
	assert_int_equal(compose_engine_files(loading.compose, "d", &files, &err_), -1);
	assert_non_null(strstr(err_.message, "'NONE'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(networks_by_priority), scratch_test(links),
		scratch_test(other_containers),     scratch_test(refused),
		scratch_test(seccomp_profile),      scratch_test(hashes),
		scratch_test(injected_files),       scratch_test(restart_policies),
	};

	return cmocka_run_group_tests_name("compose_engine", tests, NULL, NULL);
}
