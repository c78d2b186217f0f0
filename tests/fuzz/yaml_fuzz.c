/* A compose file that is accepted, printed, is read again as the same model; and everything can be asked about it. */
#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "compose/engine.h"
#include "compose/list.h"
#include "compose/project.h"

#define FILE_NAME "compose.yaml"

static void write_file(const void *data, size_t size)
{
	FILE *file = fopen(FILE_NAME, "w");

	FUZZ_CHECK(file && fwrite(data, 1, size, file) == size);
	FUZZ_CHECK(fclose(file) == 0);
}

/* Whatever an engine would be sent. */
static void ask(const struct compose *compose)
{
	const struct compose_engine engine = { .api_minor = 49, .version = "1" };
	const struct compose_project *project = compose_project(compose);

	VEC_FOREACH(service, &project->services) {
		struct compose_injected_files files = { .items = NULL };
		AUTO(freep) char *hash = compose_service_hash(compose, service->name);
		json_t *body = NULL;

		FUZZ_CHECK(hash && strlen(hash) == 64);
		if (compose_engine_container(compose, &engine, service->name, 1, &body, NULL) == 0)
			FUZZ_CHECK(json_is_object(json_object_get(body, "HostConfig")));
		json_decref(body);
		if (compose_engine_files(compose, service->name, &files, NULL) < 0)
			FUZZ_CHECK(service->secrets.len + service->configs.len > 0);
		compose_injected_files_release(&files);
	}
	VEC_FOREACH(network, &project->networks)
		json_decref(compose_engine_network(compose, &engine, network->key));
	VEC_FOREACH(volume, &project->volumes)
		json_decref(compose_engine_volume(compose, &engine, volume->key));
}

static void list(const struct compose *compose)
{
	for (enum compose_kind kind = COMPOSE_SERVICES; kind <= COMPOSE_MODELS; kind++) {
		AUTO(strvec_release) struct strvec names = STRVEC_INIT;

		compose_list(compose, kind, &names);
	}
}

static int load(struct str *out)
{
	AUTO(compose_freep) struct compose *compose = NULL;
	AUTO(strmap_release) struct strmap env = STRMAP_INIT;
	AUTO(strvec_release) struct strvec files = STRVEC_INIT;
	AUTO(freep) char *cwd = getcwd(NULL, 0);
	struct compose_options options = { .cwd = cwd, .env = &env, .all_resources = true };
	AUTO(err_release) struct err err = ERR_INIT;

	strmap_set(&env, "SET", "value");
	strvec_add(&files, FILE_NAME);
	options.files = files;
	if (compose_load(&options, &compose, &err) < 0) {
		FUZZ_CHECK(err.message && *err.message);
		return -1;
	}
	ask(compose);
	list(compose);
	compose_print(compose, COMPOSE_YAML, out);
	return 0;
}

/* With its variables left in, it can be printed and listed. */
static void load_raw(void)
{
	AUTO(compose_freep) struct compose *compose = NULL;
	AUTO(strmap_release) struct strmap env = STRMAP_INIT;
	AUTO(strvec_release) struct strvec files = STRVEC_INIT;
	AUTO(compose_variables_release) struct compose_variables variables = { .items = NULL };
	AUTO(str_release) struct str out = STR_INIT;
	AUTO(freep) char *cwd = getcwd(NULL, 0);
	struct compose_options options = { .cwd = cwd, .env = &env, .no_interpolate = true };

	strvec_add(&files, FILE_NAME);
	options.files = files;
	if (compose_load(&options, &compose, NULL) < 0)
		return;
	compose_print(compose, COMPOSE_JSON, &out);
	compose_variables(compose, &variables);
	list(compose);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_release) struct str once = STR_INIT;
	AUTO(str_release) struct str twice = STR_INIT;

	write_file(data, size);
	load_raw();
	if (load(&once) < 0)
		return 0;
	write_file(once.ptr, once.len);
	FUZZ_CHECK(load(&twice) == 0);
	FUZZ_CHECK(strcmp(once.ptr, twice.ptr) == 0);
	return 0;
}
