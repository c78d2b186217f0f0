#include "device/docker_proxies.h"

#include <ctype.h>
#include <fcntl.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "docker_context.h"

static void set_both(struct strmap *to, const char *name, const char *value)
{
	AUTO(freep) char *lower = xstrdup(name);

	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	strmap_set(to, name, value);
	strmap_set(to, lower, value);
}

static void take(const json_t *proxies, struct strmap *ret)
{
	static const struct {
		const char *key, *name;
	} members[] = {
		{ "httpProxy", "HTTP_PROXY" }, { "httpsProxy", "HTTPS_PROXY" },
		{ "noProxy", "NO_PROXY" },     { "ftpProxy", "FTP_PROXY" },
		{ "allProxy", "ALL_PROXY" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *value = json_get_string(proxies, members[i].key);

		if (value && *value)
			set_both(ret, members[i].name, value);
	}
}

/* As docker's client calls the engine: TLS or not is no part of that. */
static char *docker_host(const struct device_address *address)
{
	struct device_address host = *address;

	if (host.transport == DEVICE_TLS)
		host.transport = DEVICE_TCP;
	return device_address_format(&host);
}

int docker_proxies_read(const struct device_address *address, struct strmap *ret, struct err *err)
{
	AUTO(freep) char *path = docker_config_path();
	AUTO(freep) char *host = docker_host(address);
	json_auto_t *json = NULL;
	const json_t *proxies = NULL;

	if (!path)
		return 0;
	if (json_parse_file(AT_FDCWD, path, LIMIT_CONFIG_FILE, &json, err) < 0) {
		if (!err || err->kind != ERR_NOT_FOUND)
			return -1;
		err_clear(err);
		return 0;
	}
	proxies = json_get_object(json, "proxies");
	take(json_get_object(proxies, host) ?: json_get_object(proxies, "default"), ret);
	return 0;
}
