#include "registry.h"

#include "base/alloc.h"

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
	const struct http_options http_options = { .monitor = options->monitor };

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
	presence_release(&(*registry)->presence);
	strvec_release(&(*registry)->auth_files);
	pthread_mutex_destroy(&(*registry)->mutex);
	free(*registry);
	*registry = NULL;
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
	struct host *host;

	VEC_FOREACH(known, &registry->hosts) {
		if (strcmp((*known)->name, name) == 0)
			return *known;
	}
	host = host_new(name, registry->insecure);
	load_certs(registry, host);
	*VEC_ADD(&registry->hosts) = host;
	return host;
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
	if (credentials_find(&registry->auth_files, host->name, repository, registry->monitor,
			     &found, err) < 0)
		return -1;
	login = xcalloc(1, sizeof(*login));
	*VEC_ADD(&host->logins) = login;
	login->repository = xstrdup(repository);
	login->credentials = found;
	*ret = &login->credentials;
	return 0;
}
