#include "docker_context.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"
#include "image/digest.h"

/* The name of the context that stands for DOCKER_HOST or this machine's own engine. */
#define CONTEXT_DEFAULT "default"

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* NULL when there is no home. */
static char *docker_home(void)
{
	const char *config = variable("DOCKER_CONFIG"), *home = variable("HOME");

	if (config)
		return xstrdup(config);
	return home ? path_join(home, ".docker") : NULL;
}

char *docker_config_path(void)
{
	AUTO(freep) char *home = docker_home();

	return home ? path_join(home, "config.json") : NULL;
}

/* Contexts live in directories called by the SHA-256 of their names. */
static void context_id(const char *name, char *ret, size_t size)
{
	struct digest digest;

	digest_of(name, strlen(name), &digest);
	snprintf(ret, size, "%s", digest.text + strlen("sha256:"));
}

static int read_context(const char *path, const char *certs, const char *name,
			struct device_address *ret, struct err *err)
{
	json_t *json = NULL;
	const json_t *endpoint = NULL;
	int status = 0;

	if (json_parse_file(AT_FDCWD, path, LIMIT_CONFIG_FILE, &json, err) < 0)
		return -1;
	endpoint = json_get_object(json_get_object(json, "Endpoints"), "docker");
	status = device_address_parse(json_get_string(endpoint, "Host") ?: "", ret, err);
	json_decref(json);
	if (status < 0)
		return err_wrap(err, "docker context '%s'", name);
	if (ret->transport == DEVICE_TCP && fs_exists(AT_FDCWD, certs))
		ret->transport = DEVICE_TLS;
	if (ret->transport == DEVICE_TLS)
		ret->certs = xstrdup(certs);
	return 0;
}

int docker_context_find(const char *name, struct device_address *ret, bool *ret_found,
			struct err *err)
{
	AUTO(freep) char *home = docker_home();
	AUTO(freep) char *path = NULL;
	AUTO(freep) char *certs = NULL;
	char id[DIGEST_TEXT_MAX];

	*ret_found = false;
	if (!home)
		return 0;
	context_id(name, id, sizeof(id));
	path = xasprintf("%s/contexts/meta/%s/meta.json", home, id);
	certs = xasprintf("%s/contexts/tls/%s/docker", home, id);
	if (!fs_exists(AT_FDCWD, path))
		return 0;
	*ret_found = true;
	return read_context(path, certs, name, ret, err);
}

static int read_host(const char *host, struct device_address *ret, struct err *err)
{
	AUTO(freep) char *home = docker_home();
	const char *certs = variable("DOCKER_CERT_PATH");

	if (device_address_parse(host, ret, err) < 0)
		return err_wrap(err, "DOCKER_HOST");
	if (ret->transport == DEVICE_TCP && variable("DOCKER_TLS_VERIFY"))
		ret->transport = DEVICE_TLS;
	if (ret->transport == DEVICE_TLS)
		ret->certs = certs ? xstrdup(certs) : xstrdup_or_null(home);
	return 0;
}

/* "currentContext" of config.json; NULL = none. */
static char *current_context(void)
{
	AUTO(freep) char *path = docker_config_path();
	json_t *json = NULL;
	char *name = NULL;

	if (!path || json_parse_file(AT_FDCWD, path, LIMIT_CONFIG_FILE, &json, NULL) < 0)
		return NULL;
	name = xstrdup_or_null(json_get_string(json, "currentContext"));
	json_decref(json);
	return name;
}

int docker_environment(struct device_address *ret, bool *ret_found, struct err *err)
{
	const char *host = variable("DOCKER_HOST");
	AUTO(freep) char *name = NULL;

	*ret_found = true;
	if (host)
		return read_host(host, ret, err);
	name = variable("DOCKER_CONTEXT") ? xstrdup(variable("DOCKER_CONTEXT")) : current_context();
	*ret_found = false;
	if (!name || str_eq(name, CONTEXT_DEFAULT))
		return 0;
	if (docker_context_find(name, ret, ret_found, err) < 0)
		return -1;
	if (*ret_found)
		return 0;
	(void)err_set(err, ERR_NOT_FOUND, "there is no docker context '%s'", name);
	return err_hint(err, "see 'docker context ls'");
}
