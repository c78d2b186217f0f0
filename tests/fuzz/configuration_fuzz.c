/*
 * edgectl.yaml and config.yaml: whatever stands in them, there is a message or a value for every key, and what is
 * accepted as a fleet is whole.
 */
#include "config/config.h"
#include "config/fleet.h"

#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"

static void check_fleets(struct config *config)
{
	AUTO(fleets_release) struct fleets fleets = FLEETS_INIT;
	AUTO(err_release) struct err err = ERR_INIT;

	if (fleets_read(config, &fleets, &err) < 0)
		FUZZ_CHECK(err.kind == ERR_INPUT && err.message);
	VEC_FOREACH(fleet, &fleets) {
		FUZZ_CHECK(fleet->name && fleet->repository.text && fleet->channel.text);
		FUZZ_CHECK(!fleet->registry.text == !fleet->reference);
		FUZZ_CHECK(fleet_lookup(&fleets, fleet->name) == fleet);
	}
}

static void check_values(struct config *config)
{
	CONFIG_KEY_FOREACH(key, config_keys) {
		AUTO(err_release) struct err err = ERR_INIT;
		struct config_value value;

		FUZZ_CHECK(config_get(config, key, &value, &err) == 0);
		FUZZ_CHECK(value.origin == CONFIG_FROM_DEFAULT || value.place);
		VEC_FOREACH(word, &value.words)
			FUZZ_CHECK(*word);
	}
}

static void put(const char *path, const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

static void check(const char *path, const uint8_t *data, size_t size)
{
	AUTO(config_freep) struct config *config = NULL;
	AUTO(err_release) struct err err = ERR_INIT;

	put(path, data, size);
	if (config_load(&config, &err) < 0) {
		FUZZ_CHECK((err.kind == ERR_INPUT || err.kind == ERR_LIMIT) && err.message);
	} else {
		check_values(config);
		check_fleets(config);
	}
	FUZZ_CHECK(unlink(path) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const variables[] = { "DOCKER_DEFAULT_PLATFORM", "BUILDKIT_PROGRESS" };

	(void)setenv("EDGECTL_CONFIG_HOME", ".", 1);
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		(void)unsetenv(variables[i]);
	check(CONFIG_PROJECT_FILE, data, size);
	check(CONFIG_USER_FILE, data, size);
	return 0;
}
