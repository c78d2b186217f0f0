#include "software.h"

#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/base_libraries.h"
#include "context/context_libraries.h"
#include "device/engine.h"
#include "image/image_libraries.h"
#include "image/platform.h"
#include "registry/registry_libraries.h"
#include "sandbox/emulation.h"
#include "sandbox/sandbox_libraries.h"

#define UNIX_SCHEME "unix://"

static json_t *json_of_libraries(void)
{
	AUTO(strmap_release) struct strmap versions = STRMAP_INIT;
	json_t *object = json_object();

	strmap_set(&versions, "libc", gnu_get_libc_version());
	base_libraries(&versions);
	image_libraries(&versions);
	registry_libraries(&versions);
	context_libraries(&versions);
	sandbox_libraries(&versions);
	VEC_FOREACH(item, &versions)
		json_set_string(object, item->key, item->value);
	return object;
}

static json_t *json_of_emulation(const struct emulation *emulation)
{
	static const char *const ways[] = {
		[EMULATION_NATIVE] = "native",
		[EMULATION_OWN] = "own",
		[EMULATION_HOST] = "host",
	};
	AUTO(freep) char *version = emulation_version(emulation);
	json_t *object = json_object();

	json_set_string(object, "way", ways[emulation->way]);
	if (emulation->interpreter)
		json_set_string(object, "qemu", emulation->interpreter);
	if (version)
		json_set_string(object, "version", version);
	return object;
}

/* Platforms that cannot be run here have no entry. */
static json_t *json_of_emulations(void)
{
	static const char *const platforms[] = { "linux/amd64",  "linux/386",    "linux/arm64",
						 "linux/arm/v7", "linux/arm/v6", "linux/riscv64" };
	json_t *object = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++) {
		struct platform platform;
		struct emulation emulation = { .interpreter = NULL };

		if (platform_parse(platforms[i], &platform, NULL) < 0 ||
		    emulation_find(platform.arch, platform.variant, &emulation, NULL) < 0)
			continue;
		json_object_set_new(object, platforms[i], json_of_emulation(&emulation));
		emulation_release(&emulation);
	}
	return object;
}

/* NULL when no engine answers at that socket. */
static json_t *json_of_engine(const char *socket)
{
	AUTO(engine_freep) struct engine *engine = NULL;
	struct device_address address = { .transport = DEVICE_UNIX, .path = xstrdup(socket) };
	json_t *object = NULL;

	if (access(socket, R_OK | W_OK) == 0 &&
	    engine_open(socket, &address, NULL, &engine, NULL) == 0) {
		object = json_object();
		json_set_string(object, "name", engine_about(engine)->product);
		json_set_string(object, "version", engine_about(engine)->version);
		json_set_string(object, "socket", socket);
	}
	device_address_release(&address);
	return object;
}

/* Of this machine only: asking another one may take long, and is what `edgectl device info` does. */
static json_t *json_of_local_engine(void)
{
	static const char *const sockets[] = { "/var/run/docker.sock", "/run/podman/podman.sock" };
	const char *host = getenv("DOCKER_HOST");
	json_t *object = NULL;

	if (host && *host)
		return str_has_prefix(host, UNIX_SCHEME)
			       ? json_of_engine(host + strlen(UNIX_SCHEME))
			       : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(sockets) && !object; i++)
		object = json_of_engine(sockets[i]);
	return object;
}

json_t *json_of_software(void)
{
	struct utsname host;
	json_t *object = json_object();
	json_t *engine = json_of_local_engine();

	json_set_string(object, "edgectl", CLI_VERSION);
	if (uname(&host) == 0)
		json_set_string(object, "kernel", host.release);
	json_object_set_new(object, "libraries", json_of_libraries());
	json_object_set_new(object, "emulation", json_of_emulations());
	if (engine)
		json_object_set_new(object, "engine", engine);
	return object;
}
