/* What is known about one registry: how it is reached, and what it wants to see. */
#ifndef REGISTRY_HOST_H
#define REGISTRY_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "certs.h"
#include "credentials.h"
#include "headers.h"
#include "http.h"
#include "token.h"

#define DOCKER_HUB "docker.io" /* as host->name */

enum auth_scheme { AUTH_UNKNOWN, AUTH_BASIC, AUTH_BEARER };

/* The credentials of one repository: podman's files tell them apart. */
struct login {
	char *repository;
	struct credentials credentials;
};

struct logins {
	struct login **items; /* each at its own place: calls point to them */
	size_t len, cap;
};

struct host {
	char *name;      /* as references have it: "docker.io", "localhost:5000" */
	char *authority; /* where that is: "registry-1.docker.io" */
	bool loopback;
	bool may_be_plain; /* HTTP is fine: loopback, or the user said so */
	bool unverified;   /* any certificate is fine: the user said so */
	/* Of uploads in parts: the greatest that it takes, 0 = any; and whether it takes a second. */
	uint64_t part_limit;
	bool one_part_only;
	struct certs certs;
	bool plain; /* HTTP it is */
	/* why not TLS, after host_fall_back(); HTTP_ANSWERED = it was not tried */
	enum http_outcome tls_outcome;
	char *tls_reason;
	bool dead;     /* a mirror that did not answer: not asked again */
	bool answered; /* so `plain` is settled, and the host is there */
	enum auth_scheme auth;
	char *realm, *service; /* AUTH_BEARER */
	struct tokens tokens;
	struct logins logins;
	struct strmap warnings; /* that were shown */
};

struct host *host_new(const char *name, bool insecure);
void host_free(struct host *host);

/* "https://AUTHORITY" + path, or http. The caller frees. */
char *host_url(const struct host *host, const char *path);
/*
 * After a first attempt over TLS that ended in `outcome`, for `reason`: is plain HTTP worth a try? Then the
 * host is plain from now on.
 */
bool host_fall_back(struct host *host, enum http_outcome outcome, const char *reason);

/*
 * What a 401 says, into the host. Bearer is preferred to Basic. *ret_scope is what it wants a token
 * for, NULL = it does not say; the caller frees. ERR_PROTOCOL when there is nothing that we can do,
 * or a token server that must not be asked.
 */
WARN_UNUSED int host_learn_auth(struct host *host, const struct headers *headers, char **ret_scope,
				struct err *err);

/*
 * May the token server behind `realm` see the credentials for this host? The host itself, its site
 * ("registry.example.com" and "auth.example.com") and Docker Hub's.
 */
bool host_trusts_realm(const struct host *host, const char *realm);

#endif
