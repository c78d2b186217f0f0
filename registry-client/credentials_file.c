#include "credentials_file.h"

#include <string.h>

#include "base/alloc.h"

static bool is_docker_hub(struct span host)
{
	return span_eq(host, "docker.io") || span_eq(host, "index.docker.io") ||
	       span_eq(host, "registry-1.docker.io");
}

static struct span strip_suffix(struct span text, const char *suffix)
{
	size_t len = strlen(suffix);

	if (text.len >= len && memcmp(text.ptr + text.len - len, suffix, len) == 0)
		text.len -= len;
	return text;
}

char *credentials_normalise_key(const char *key)
{
	const char *scheme_end = strstr(key, "://");
	struct span text = span_of(scheme_end ? scheme_end + 3 : key), host, path;

	text = strip_suffix(text, "/");
	path = text;
	if (!span_cut(&path, '/', &host))
		path.len = 0;
	if (span_eq(path, "v1") || span_eq(path, "v2"))
		path.len = 0;
	if (is_docker_hub(host))
		host = SPAN_LIT("docker.io");
	if (path.len == 0)
		return span_dup(host);
	return xasprintf("%.*s/%.*s", SPAN_FMT(host), SPAN_FMT(path));
}

const char *credentials_key_of(const char *host)
{
	return strcmp(host, "docker.io") == 0 ? DOCKER_HUB_SERVER : host;
}

/* The key in `object` that means the host; NULL = none. */
static const char *key_for(json_t *object, const char *host)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		AUTO(freep) char *name = credentials_normalise_key(key);

		if (str_eq(name, host))
			return key;
	}
	return NULL;
}

const char *credentials_helper_of(json_t *file, const char *host)
{
	json_t *helpers = json_get_object(file, "credHelpers");
	const char *key = key_for(helpers, host);
	const char *store = json_get_string(file, "credsStore");

	if (key && json_get_string(helpers, key))
		return json_get_string(helpers, key);
	return store && *store ? store : NULL;
}

static json_t *auths_of(json_t *file)
{
	json_t *auths = json_get_object(file, "auths");

	if (!auths) {
		auths = json_object();
		json_object_set_new(file, "auths", auths);
	}
	return auths;
}

bool credentials_drop(json_t *file, const char *host)
{
	json_t *auths = json_get_object(file, "auths");
	bool found = false;

	for (const char *key; (key = key_for(auths, host)); found = true) {
		/* the key is the object's own text, and goes with the member */
		AUTO(freep) char *copy = xstrdup(key);

		json_object_del(auths, copy);
	}
	return found;
}

void credentials_enter(json_t *file, const char *host, const char *auth, const char *identity)
{
	json_t *entry = json_object();

	(void)credentials_drop(file, host);
	if (auth)
		json_set_string(entry, "auth", auth);
	if (identity)
		json_set_string(entry, "identitytoken", identity);
	json_object_set_new(auths_of(file), credentials_key_of(host), entry);
}
