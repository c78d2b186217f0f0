/* The hash of docker compose: which JSON it is made over. */
#include "compose/engine.h"

#include "base/json.h"
#include "image/digest.h"
#include "model.h"

#define BEFORE "{\"command\":null,"
#define MIDDLE "\"entrypoint\":null,"
#define AFTER  "\"image\":\"i\",\"networks\":{\"default\":null}"

static void assert_hash(const char *hash, const char *json, const char *name)
{
	struct digest digest = { 0 };

	digest_of(json, strlen(json), &digest);
	assert_row(str_eq(hash, digest_hex(&digest)), name);
}

static void services(void **state)
{
	(void)state;
	static const struct {
		const char *service, *json;
	} rows[] = {
		{ "", BEFORE MIDDLE AFTER "}" },
		{ "x-own: 1, depends_on: [b], scale: 2, profiles: [], build: .",
		  BEFORE MIDDLE AFTER "}" },
		{ "entrypoint: [], command: a b",
		  "{\"command\":[\"a\",\"b\"],\"entrypoint\":[]," AFTER "}" },
		{ "labels: {z: '1', a: \"<&>\\u2028\\t\\e\"}", BEFORE MIDDLE
		  "\"image\":\"i\",\"labels\":{\"a\":\"\\u003c\\u0026\\u003e\\u2028\\t\\u001b\","
		  "\"z\":\"1\"},\"networks\":{\"default\":null}}" },
		{ "ulimits: {nofile: {hard: 3, soft: 2}, core: 1}, cpus: 0.5, tty: true",
		  "{\"cpus\":0.5,\"command\":null," MIDDLE AFTER
		  ",\"tty\":true,\"ulimits\":{\"core\":1,\"nofile\":{\"soft\":2,\"hard\":3}}}" },
		{ "deploy: {replicas: 3, resources: {limits: {pids: 2, cpus: '0.1'}}}",
		  BEFORE "\"deploy\":{\"resources\":{\"limits\":{\"cpus\":0.1,\"pids\":2}},"
			 "\"placement\":{}}," MIDDLE AFTER "}" },
		{ "volumes: ['/a:/b:ro', /c]",
		  BEFORE MIDDLE AFTER ",\"volumes\":[{\"type\":\"bind\",\"source\":\"/"
				      "a\",\"target\":\"/b\",\"read_only\":true,\"bind\":{}},"
				      "{\"type\":\"volume\",\"target\":\"/c\",\"volume\":{}}]}" },
		{ "blkio_config: {device_read_bps: [{rate: 1k, path: /dev/a}]}",
		  "{\"blkio_config\":{\"device_read_bps\":[{\"Path\":\"/dev/"
		  "a\",\"Rate\":\"1024\"}]},"
		  "\"command\":null," MIDDLE AFTER "}" },
		{ "environment: [B, A=x]",
		  BEFORE MIDDLE "\"environment\":{\"A\":\"x\",\"B\":null}," AFTER "}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(loading_release) struct loading loading = { 0 };
		AUTO(freep)
		char *text = xasprintf("services: {a: {image: i%s%s}, b: {image: b}}\n",
				       *rows[i].service ? ", " : "", rows[i].service);
		AUTO(freep) char *hash = NULL;

		load_text(&loading, text);
		hash = compose_service_hash(loading.compose, "a");
		assert_hash(hash, rows[i].json, rows[i].service);
	}
}

/* Namespaces and volumes of another service are those of its first container. */
static void other_containers(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	AUTO(strmap_release) struct strmap containers = { 0 };
	const struct compose_engine engine = { .api_minor = 41,
					       .version = "1",
					       .containers = &containers };
	json_t *body = NULL, *labels = NULL;

	strmap_set(&containers, "b", "0123");
	load_text(&loading, "services:\n"
			    "  a: {image: i, network_mode: 'service:b', pid: 'service:b', "
			    "volumes_from: ['b:ro']}\n"
			    "  b: {image: b}\n");
	assert_ok(compose_engine_container(loading.compose, &engine, "a", 1, &body, &err_));
	labels = json_get_object(json_get_object(body, "Config"), "Labels");
	assert_hash(
		json_get_string(labels, "com.docker.compose.config-hash"),
		BEFORE MIDDLE
		"\"image\":\"i\",\"network_mode\":\"container:0123\",\"pid\":\"container:0123\","
		"\"volumes_from\":[\"0123\"]}",
		"container");
	assert_string_equal(json_get_string(json_get_object(body, "HostConfig"), "NetworkMode"),
			    "container:0123");
	json_decref(body);
}

static void resources(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	const struct compose_engine engine = { .api_minor = 41, .version = "1" };
	json_t *network = NULL, *volume = NULL;

	load_text(&loading, "services: {a: {image: i, networks: [n], volumes: ['v:/v']}}\n"
			    "networks: {n: {internal: true, ipam: {config: [{gateway: 10.0.0.1, "
			    "subnet: 10.0.0.0/24}]}}}\n"
			    "volumes: {v: {labels: {b: '2'}}}\n");
	network = compose_engine_network(loading.compose, &engine, "n");
	volume = compose_engine_volume(loading.compose, &engine, "v");
	assert_hash(json_get_string(json_get_object(network, "Labels"),
				    "com.docker.compose.config-hash"),
		    "{\"name\":\"p_n\",\"ipam\":{\"config\":[{\"subnet\":\"10.0.0.0/"
		    "24\",\"gateway\":\"10.0.0.1\"}]},"
		    "\"internal\":true}",
		    "network");
	assert_hash(json_get_string(json_get_object(volume, "Labels"),
				    "com.docker.compose.config-hash"),
		    "{\"name\":\"p_v\",\"driver\":\"local\",\"labels\":{\"b\":\"2\"}}", "volume");
	json_decref(network);
	json_decref(volume);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(services),
		scratch_test(other_containers),
		scratch_test(resources),
	};

	return cmocka_run_group_tests_name("compose_config_hash", tests, NULL, NULL);
}
