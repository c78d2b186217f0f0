#include "registry/standing.h"

#include <fcntl.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "call.h"
#include "credentials.h"
#include "credentials_file.h"
#include "failure.h"
#include "registry.h"

static int ask(struct registry *registry, const char *host, const struct credentials *login,
	       enum registry_standing *ret, struct err *err)
{
	static const struct credentials nobody = { .username = NULL };
	AUTO(call_release) struct call call;

	call_init_login(&call, registry, host, login ? login : &nobody);
	call.method = HTTP_GET;
	call.path = "/v2/";
	call.once = true;
	if (call_perform(&call, err) < 0)
		return -1;
	/* some have nothing at this place, and ask for credentials at repositories only */
	if (call.request.status != 200 && call.request.status != 404 && call.request.status != 405)
		return failure_of_status(&call, "the registry", err);
	*ret = login && call.challenges > 0 ? REGISTRY_ACCEPTED : REGISTRY_OPEN;
	return 0;
}

int registry_ask_standing(struct registry *registry, const char *host, enum registry_standing *ret,
			  struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);
	const struct credentials *login = NULL;

	if (registry_login(registry, registry_host(registry, host), "", &login, err) < 0)
		return -1;
	if (login && !credentials_exist(login))
		login = NULL;
	if (ask(registry, host, login, ret, err) == 0)
		return 0;
	if (login || !err || err->kind != ERR_AUTH)
		return -1;
	err_clear(err);
	*ret = REGISTRY_WANTS_LOGIN;
	return 0;
}

/* --- which there are --- */

static void add_host(struct strvec *hosts, const char *host)
{
	if (!strvec_contains(hosts, host))
		strvec_add(hosts, host);
}

static void add_key(struct strvec *hosts, const char *key)
{
	AUTO(freep) char *name = credentials_normalise_key(key);

	name[strcspn(name, "/")] = '\0';
	if (*name)
		add_host(hosts, name);
}

static void add_file(struct strvec *hosts, const char *path)
{
	static const char *const sections[] = { "auths", "credHelpers" };
	json_auto_t *file = NULL;

	if (json_parse_file(AT_FDCWD, path, LIMIT_CONFIG_FILE, &file, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		json_t *section = json_get_object(file, sections[i]), *value;
		const char *key;

		json_object_foreach(section, key, value) add_key(hosts, key);
	}
}

void registry_known_hosts(struct registry *registry, struct strvec *ret)
{
	VEC_FOREACH(rule, &registry->registries) {
		add_host(ret, rule->origin.host);
		VEC_FOREACH(mirror, &rule->mirrors)
			add_host(ret, mirror->host);
	}
	VEC_FOREACH(path, &registry->auth_files)
		add_file(ret, *path);
}

bool registry_has_mirror(const struct registry *registry, const char *host, const char *mirror)
{
	VEC_FOREACH(rule, &registry->registries) {
		if (!str_eq(rule->origin.host, host))
			continue;
		VEC_FOREACH(place, &rule->mirrors) {
			if (str_eq(place->host, mirror))
				return true;
		}
	}
	return false;
}
