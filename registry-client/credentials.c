#include "credentials.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/path.h"
#include "credential_helper.h"
#include "credentials_file.h"

void credentials_release(struct credentials *c)
{
	free(c->username);
	secret_freep(&c->password);
	secret_freep(&c->identity_token);
	secret_freep(&c->registry_token);
	free(c->origin);
	free(c->trouble);
	*c = (struct credentials){ .username = NULL };
}

bool credentials_exist(const struct credentials *c)
{
	return c->password || c->identity_token || c->registry_token;
}

bool credentials_basic(const struct credentials *c, struct str *ret)
{
	AUTO(str_release) struct str plain = STR_INIT;
	AUTO(freep) char *encoded = NULL;

	if (!c->username || !c->password)
		return false;
	str_addf(&plain, "%s:%s", c->username, c->password);
	encoded = xmalloc(4 * (plain.len / 3 + 1) + 1);
	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)plain.ptr, (int)plain.len);
	str_addf(ret, "Basic %s", encoded);
	explicit_bzero(plain.ptr, plain.len);
	explicit_bzero(encoded, strlen(encoded));
	return true;
}

/* --- where to look --- */

static void add_path(struct strvec *paths, const char *dir, const char *name)
{
	if (dir && *dir)
		strvec_take(paths, path_join(dir, name));
}

void credentials_paths(const char *auth_file, struct strvec *ret)
{
	const char *env = getenv("REGISTRY_AUTH_FILE"), *docker = getenv("DOCKER_CONFIG");
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");

	if (auth_file || (env && *env)) {
		strvec_add(ret, auth_file ? auth_file : env);
		return;
	}
	if (docker && *docker)
		add_path(ret, docker, "config.json");
	else
		add_path(ret, home, ".docker/config.json");
	add_path(ret, getenv("XDG_RUNTIME_DIR"), "containers/auth.json");
	if (config && *config)
		add_path(ret, config, "containers/auth.json");
	else
		add_path(ret, home, ".config/containers/auth.json");
}

/* --- keys --- */

/* The member of `object` whose key covers `scope` ("host/a/b") most closely; NULL = none. */
static json_t *closest_member(json_t *object, const char *scope)
{
	const char *key;
	json_t *value, *best = NULL;
	size_t best_len = 0;

	json_object_foreach(object, key, value)
	{
		AUTO(freep) char *name = credentials_normalise_key(key);
		size_t len = strlen(name);
		bool covers =
			strncmp(scope, name, len) == 0 && (scope[len] == '\0' || scope[len] == '/');

		if (covers && len > best_len) {
			best = value;
			best_len = len;
		}
	}
	return best;
}

/* --- members of "auths" --- */

/* "auth": base64 of USER:PASSWORD. */
static int decode_auth(const char *auth, struct credentials *ret, struct err *err)
{
	size_t len = strlen(auth);
	AUTO(freep) char *plain = xcalloc(1, len + 1);
	int plain_len = len > 0 ? EVP_DecodeBlock((unsigned char *)plain,
						  (const unsigned char *)auth, (int)len)
				: 0;
	const char *colon = plain_len < 0 ? NULL : strchr(plain, ':');

	if (!colon)
		return err_set(err, ERR_INPUT, "\"auth\" is not the base64 form of USER:PASSWORD");
	ret->username = xstrndup(plain, (size_t)(colon - plain));
	/* docker writes none beside an identity token */
	ret->password = colon[1] || !ret->identity_token ? xstrdup(colon + 1) : NULL;
	explicit_bzero(plain, len);
	return 0;
}

static char *dup_unless_empty(const char *text)
{
	return text && *text ? xstrdup(text) : NULL;
}

static int read_entry(const json_t *entry, const char *origin, struct credentials *ret,
		      struct err *err)
{
	const char *auth = json_get_string(entry, "auth");
	const char *username = json_get_string(entry, "username");
	const char *password = json_get_string(entry, "password");

	ret->identity_token = dup_unless_empty(json_get_string(entry, "identitytoken"));
	ret->registry_token = dup_unless_empty(json_get_string(entry, "registrytoken"));
	if (username && *username && password) {
		ret->username = xstrdup(username);
		ret->password = xstrdup(password);
	} else if (auth && *auth) {
		if (decode_auth(auth, ret, err) < 0)
			return -1;
	}
	/* Docker leaves an empty entry behind when a helper has the secret. */
	if (credentials_exist(ret))
		ret->origin = xstrdup(origin);
	return 0;
}

/* --- one file --- */

/*
 * A helper that is not installed or not running (a desktop's keyring on a build server) must not
 * stop anonymous access; the warning explains the denial that may follow.
 */
static int ask_helper(const char *helper, const char *host, const struct monitor *monitor,
		      struct credentials *ret, struct err *err)
{
	const char *server = credentials_key_of(host);
	AUTO(err_release) struct err problem = ERR_INIT;

	if (credential_helper_get(helper, server, monitor, ret, &problem) == 0)
		return 0;
	if (problem.kind == ERR_CANCELLED) {
		err_move(err, &problem);
		return -1;
	}
	monitor_text(monitor, 0, EVENT_WARNING, "credentials for '%s': %s, ignoring", host,
		     problem.message);
	free(ret->trouble);
	ret->trouble = xstrdup(problem.message);
	return 0;
}

static int search(json_t *file, const char *path, const char *host, const char *repository,
		  const struct monitor *monitor, struct credentials *ret, struct err *err)
{
	AUTO(freep) char *scope = xasprintf("%s/%s", host, repository);
	json_t *own_helper = closest_member(json_get_object(file, "credHelpers"), scope);
	const char *store = json_get_string(file, "credsStore");
	json_t *entry;

	if (json_is_string(own_helper))
		return ask_helper(json_string_value(own_helper), host, monitor, ret, err);
	if (store && *store && ask_helper(store, host, monitor, ret, err) < 0)
		return -1;
	if (credentials_exist(ret))
		return 0;
	entry = closest_member(json_get_object(file, "auths"), scope);
	if (entry && read_entry(entry, path, ret, err) < 0)
		return err_wrap(err, "'%s': credentials for '%s'", path, host);
	return 0;
}

static int read_file(const char *path, json_t **ret, struct err *err)
{
	AUTO(err_release) struct err problem = ERR_INIT;

	if (json_parse_file(AT_FDCWD, path, LIMIT_CONFIG_FILE, ret, &problem) == 0)
		return 0;
	*ret = NULL;
	if (problem.kind == ERR_NOT_FOUND)
		return 0;
	err_move(err, &problem);
	return err && err->kind == ERR_INPUT && !err->hint
		       ? err_hint(err,
				  "mend the file, or log in anew without it: docker, podman and "
				  "edgectl all keep logins there")
		       : -1;
}

int credentials_find(const struct strvec *paths, const char *host, const char *repository,
		     const struct monitor *monitor, struct credentials *ret, struct err *err)
{
	AUTO(freep) char *name = credentials_normalise_key(host);

	for (size_t i = 0; i < paths->len && !credentials_exist(ret); i++) {
		json_auto_t *file = NULL;

		if (read_file(paths->items[i], &file, err) < 0)
			return -1;
		if (file &&
		    search(file, paths->items[i], name, repository, monitor, ret, err) < 0) {
			credentials_release(ret);
			return -1;
		}
	}
	return 0;
}
