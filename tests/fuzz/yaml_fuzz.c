/* A compose file that is accepted, printed, is read again as the same model. */
#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "compose/load.h"

#define FILE_NAME "compose.yaml"

static void write_file(const void *data, size_t size)
{
	FILE *file = fopen(FILE_NAME, "w");

	FUZZ_CHECK(file && fwrite(data, 1, size, file) == size);
	FUZZ_CHECK(fclose(file) == 0);
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
	compose_print(compose, COMPOSE_YAML, out);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_release) struct str once = STR_INIT;
	AUTO(str_release) struct str twice = STR_INIT;

	write_file(data, size);
	if (load(&once) < 0)
		return 0;
	write_file(once.ptr, once.len);
	FUZZ_CHECK(load(&twice) == 0);
	FUZZ_CHECK(strcmp(once.ptr, twice.ptr) == 0);
	return 0;
}
