#include "registry.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/path.h"

#define DEFAULT_JOBS 4

static void init_mutex(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(mutex, &attr);
	pthread_mutexattr_destroy(&attr);
}

struct registry *registry_lock(struct registry *registry)
{
	pthread_mutex_lock(&registry->mutex);
	return registry;
}

void registry_unlockp(struct registry **registry)
{
	pthread_mutex_unlock(&(*registry)->mutex);
}

struct registry *registry_new(const struct registry_options *options)
{
	struct registry *registry = xcalloc(1, sizeof(*registry));
	const struct http_options http_options = { .monitor = options->monitor,
						   .rate_limit = options->rate_limit };

	init_mutex(&registry->mutex);
	registry->monitor = options->monitor;
	registry->insecure = options->insecure;
	registry->verbose = options->verbose;
	registry->jobs = options->jobs ? options->jobs : DEFAULT_JOBS;
	registry->retry = RETRY_DEFAULT;
	registry->presence = (struct presence)PRESENCE_INIT;
	registry->http = http_new(&http_options);
	credentials_paths(options->auth_file, &registry->auth_files);
	return registry;
}

void registry_freep(struct registry **registry)
{
	if (!*registry)
		return;
	http_freep(&(*registry)->http);
	VEC_FOREACH(host, &(*registry)->hosts)
		host_free(*host);
	free((*registry)->hosts.items);
	registries_release(&(*registry)->registries);
	presence_release(&(*registry)->presence);
	strvec_release(&(*registry)->auth_files);
	secrets_release(&(*registry)->secrets);
	secrets_release(&(*registry)->own_secrets);
	pthread_mutex_destroy(&(*registry)->mutex);
	free(*registry);
	*registry = NULL;
}

int registry_configure(struct registry *registry, const char *file, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (!fs_exists(AT_FDCWD, file))
		return 0;
	if (fs_read_file(AT_FDCWD, file, LIMIT_YAML, &text, err) < 0)
		return -1;
	registries_release(&registry->registries);
	return registries_parse(file, str_span(&text), &registry->registries, err);
}

static void add_authority(const struct registry *registry, struct host *host, const char *file)
{
	AUTO(err_release) struct err err = ERR_INIT;

	if (certs_add_authority(file, &host->certs, &err) < 0)
		monitor_text(registry->monitor, 0, EVENT_WARNING,
			     "the authority of '%s': %s, ignoring", host->name, err.message);
}

/* They may be somebody else's, or not needed: what comes of their lack will be said by TLS. */
static void load_certs(const struct registry *registry, struct host *host)
{
	AUTO(strvec_release) struct strvec dirs = STRVEC_INIT;
	AUTO(err_release) struct err err = ERR_INIT;

	certs_dirs(&dirs);
	if (certs_load(&dirs, host->name, &host->certs, &err) < 0)
		monitor_text(registry->monitor, 0, EVENT_WARNING,
			     "certificates for '%s': %s, ignoring", host->name, err.message);
}

struct host *registry_host(struct registry *registry, const char *name)
{
	const struct registry_place *place;
	struct host *host;

	VEC_FOREACH(known, &registry->hosts) {
		if (strcmp((*known)->name, name) == 0)
			return *known;
	}
	place = registries_place(&registry->registries, name);
	host = host_new(name, registry->insecure || (place && place->insecure));
	load_certs(registry, host);
	if (place && place->ca)
		add_authority(registry, host, place->ca);
	*VEC_ADD(&registry->hosts) = host;
	return host;
}

/* --- credentials --- */

static int read_secrets(const char *path, struct secrets *ret, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;
	int result;

	if (fs_read_file(AT_FDCWD, path, LIMIT_CONFIG_FILE, &text, err) < 0)
		return -1;
	result = secrets_parse(str_span(&text), path, ret, err);
	explicit_bzero(text.ptr, text.len);
	return result;
}

int registry_load_secrets(struct registry *registry, const char *path, struct err *err)
{
	AUTO(registry_unlockp) UNUSED struct registry *locked = registry_lock(registry);

	if (read_secrets(path, &registry->secrets, err) < 0)
		return err_wrap(err, "registry secrets");
	return 0;
}

/* Where balena's own program keeps them. What is wrong with them must not stop anonymous access. */
static void read_own_secrets(struct registry *registry)
{
	static const char *const names[] = { ".balena/secrets.yml", ".balena/secrets.json" };
	const char *home = getenv("HOME");
	AUTO(err_release) struct err err = ERR_INIT;

	if (registry->own_secrets_are_read || !home || !*home)
		return;
	registry->own_secrets_are_read = true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(freep) char *path = path_join(home, names[i]);

		if (!fs_exists(AT_FDCWD, path))
			continue;
		if (read_secrets(path, &registry->own_secrets, &err) < 0)
			monitor_text(registry->monitor, 0, EVENT_WARNING,
				     "registry secrets: %s, ignoring", err.message);
		return;
	}
}

static int find_credentials(struct registry *registry, const struct host *host,
			    const char *repository, struct credentials *ret, struct err *err)
{
	const struct credentials *secret = secrets_find(&registry->secrets, host->name);

	if (!secret && credentials_find(&registry->auth_files, host->name, repository,
					registry->monitor, ret, err) < 0)
		return -1;
	if (!secret && !credentials_exist(ret)) {
		read_own_secrets(registry);
		secret = secrets_find(&registry->own_secrets, host->name);
	}
	if (secret)
		*ret = (struct credentials){ .username = xstrdup(secret->username),
					     .password = xstrdup(secret->password),
					     .origin = xstrdup(secret->origin) };
	return 0;
}

int registry_login(struct registry *registry, struct host *host, const char *repository,
		   const struct credentials **ret, struct err *err)
{
	struct credentials found = { .username = NULL };
	struct login *login;

	VEC_FOREACH(known, &host->logins) {
		if (strcmp((*known)->repository, repository) != 0)
			continue;
		*ret = &(*known)->credentials;
		return 0;
	}
	if (find_credentials(registry, host, repository, &found, err) < 0)
		return -1;
	login = xcalloc(1, sizeof(*login));
	*VEC_ADD(&host->logins) = login;
	login->repository = xstrdup(repository);
	login->credentials = found;
	*ret = &login->credentials;
	return 0;
}
