#include "host.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "challenge.h"
#include "url.h"

#define DOCKER_HUB_HOST "registry-1.docker.io"
#define DOCKER_HUB_AUTH "auth.docker.io"

/*
 * What registries do to uploads in parts, against the specification: GHCR refuses parts above 4 MiB
 * (rust-oci-client#35), ECR drops what comes after the first (aws/containers-roadmap#2831).
 */
static void set_known_limits(struct host *host)
{
	host->one_part_only = strstr(host->name, ".dkr.ecr.") != NULL;
	if (strcmp(host->name, "ghcr.io") == 0)
		host->part_limit = 4 * LIMIT_MIB;
}

struct host *host_new(const char *name, bool insecure)
{
	struct host *host = xcalloc(1, sizeof(*host));
	AUTO(freep) char *address = NULL, *bare = NULL;

	host->name = xstrdup(name);
	host->authority = xstrdup(strcmp(name, DOCKER_HUB) == 0 ? DOCKER_HUB_HOST : name);
	address = host_url(host, "/");
	bare = url_host(address);
	host->loopback = bare && address_reach(bare) == REACH_LOOPBACK;
	host->may_be_plain = insecure || host->loopback;
	host->unverified = insecure;
	host->certs = (struct certs)CERTS_INIT;
	set_known_limits(host);
	return host;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	VEC_FOREACH(login, &host->logins) {
		free((*login)->repository);
		credentials_release(&(*login)->credentials);
		free(*login);
	}
	free(host->logins.items);
	tokens_release(&host->tokens);
	certs_release(&host->certs);
	strmap_release(&host->warnings);
	free(host->realm);
	free(host->service);
	free(host->tls_reason);
	free(host->authority);
	free(host->name);
	free(host);
}

char *host_url(const struct host *host, const char *path)
{
	return xasprintf("%s://%s%s", host->plain ? "http" : "https", host->authority, path);
}

static bool has_port(const char *authority)
{
	const char *colon = strrchr(authority, ':'), *bracket = strrchr(authority, ']');

	return colon && (!bracket || colon > bracket);
}

bool host_fall_back(struct host *host, enum http_outcome outcome, const char *reason)
{
	/*
	 * A server that does not know TLS may also close, or answer in plain text; without authorities it was not even asked.
	 */
	bool no_tls = outcome == HTTP_NO_TLS || outcome == HTTP_BROKEN || outcome == HTTP_GARBLED ||
		      outcome == HTTP_NO_AUTHORITIES;
	/* Without a port, HTTP is at another one. */
	bool no_port = outcome == HTTP_NO_CONNECTION && !has_port(host->authority);

	if (host->plain || host->answered || !host->may_be_plain || !(no_tls || no_port))
		return false;
	host->plain = true;
	host->tls_outcome = outcome;
	free(host->tls_reason);
	host->tls_reason = xstrdup(reason);
	return true;
}

/* --- authentication --- */

/*
 * A registry must not be able to send us anywhere (reference: GHSA-28r5-37g7-p6mp, ggcr#2193): not
 * out of TLS, and not to addresses that only this machine or its network can reach, unless it is
 * itself one of them.
 */
static int check_realm(const struct host *host, const char *realm, struct err *err)
{
	AUTO(freep) char *own_url = host_url(host, "/");
	AUTO(freep) char *own = url_host(own_url);
	AUTO(freep) char *target = url_host(realm);

	if (url_check(realm, err) < 0)
		return err_wrap(err, "token server of registry '%s'", host->name);
	if (!host->plain && !url_is_https(realm))
		return err_set(err, ERR_PROTOCOL,
			       "registry '%s' names a token server without TLS: '%s'", host->name,
			       realm);
	if (own && target && address_reach(target) != REACH_PUBLIC &&
	    address_reach(own) == REACH_PUBLIC && strcasecmp(own, target) != 0)
		return err_set(err, ERR_PROTOCOL,
			       "registry '%s' names a token server in a private network: '%s'",
			       host->name, realm);
	return 0;
}

static void set_bearer(struct host *host, const char *realm, const char *service)
{
	/* Another server: its tokens are not the old one's. */
	if (!str_eq(host->realm, realm) || !str_eq(host->service, service))
		tokens_release(&host->tokens);
	free(host->realm);
	free(host->service);
	host->realm = xstrdup(realm);
	host->service = xstrdup_or_null(service);
	host->auth = AUTH_BEARER;
}

static void collect_challenges(const struct headers *headers, struct challenges *ret)
{
	const char *value;

	/* What is whole is used, whatever else the header holds. */
	for (size_t at = 0; (value = headers_next(headers, "WWW-Authenticate", &at));) {
		if (challenges_parse(span_of(value), ret, NULL) < 0)
			continue;
	}
}

int host_learn_auth(struct host *host, const struct headers *headers, char **ret_scope,
		    struct err *err)
{
	AUTO(challenges_release) struct challenges challenges = { .items = NULL };
	const struct challenge *bearer;
	const char *realm;

	*ret_scope = NULL;
	collect_challenges(headers, &challenges);
	bearer = challenges_find(&challenges, "Bearer");
	realm = bearer ? strmap_get(&bearer->params, "realm") : NULL;
	if (realm) {
		if (check_realm(host, realm, err) < 0)
			return -1;
		set_bearer(host, realm, strmap_get(&bearer->params, "service"));
		*ret_scope = xstrdup_or_null(strmap_get(&bearer->params, "scope"));
		return 0;
	}
	if (!challenges_find(&challenges, "Basic"))
		return err_set(err, ERR_PROTOCOL,
			       "registry '%s' wants authentication, but by no means that is known "
			       "here (Basic, Bearer)",
			       host->name);
	host->auth = AUTH_BASIC;
	return 0;
}

/* "example.com" of "registry.example.com"; a name of two parts is its own site. */
static const char *site_of(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && strchr(dot + 1, '.') ? dot + 1 : name;
}

static bool is_within_site(const char *name, const char *site)
{
	size_t name_len = strlen(name), site_len = strlen(site);

	if (name_len < site_len || strcasecmp(name + name_len - site_len, site) != 0)
		return false;
	return name_len == site_len || name[name_len - site_len - 1] == '.';
}

bool host_trusts_realm(const struct host *host, const char *realm)
{
	AUTO(freep) char *own_url = host_url(host, "/");
	AUTO(freep) char *own = url_host(own_url);
	AUTO(freep) char *target = url_host(realm);

	if (!own || !target)
		return false;
	if (strcasecmp(own, target) == 0)
		return true;
	if (strcmp(host->name, DOCKER_HUB) == 0)
		return strcasecmp(target, DOCKER_HUB_AUTH) == 0;
	/*
	 * Numbers have no sites, but a laboratory's registry and its token server are both in its
	 * network.
	 */
	if (address_reach(own) != REACH_PUBLIC)
		return address_reach(target) == address_reach(own);
	return is_within_site(target, site_of(own));
}
