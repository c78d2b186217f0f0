/*
 * HTTP and HTTPS addresses, by libcurl's parser: the one that will also connect must be the one
 * that decides.
 */
#ifndef REGISTRY_URL_H
#define REGISTRY_URL_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/*
 * `reference` (a Location or Link header, absolute or relative) seen from `base`, whole.
 * ERR_PROTOCOL for anything but http and https, and for one that carries a user name. The caller
 * frees *ret.
 */
WARN_UNUSED int url_resolve(const char *base, const char *reference, char **ret, struct err *err);
/* The same, but only the path and the query are those of the reference: scheme, host and port stay those of `base`. */
WARN_UNUSED int url_resolve_path(const char *base, const char *reference, char **ret,
				 struct err *err);
/* Is it a well-formed http or https address without user name? ERR_PROTOCOL. */
WARN_UNUSED int url_check(const char *url, struct err *err);
/* Scheme, host and port all the same; false when one cannot be parsed. */
bool url_same_origin(const char *a, const char *b);
bool url_is_https(const char *url);
/* The host without port and brackets; NULL when it cannot be parsed. The caller frees. */
char *url_host(const char *url);
/* "https://host:port", for messages: the port only where the address has one. NULL and the caller as above. */
char *url_origin(const char *url);
/* Adds NAME=VALUE to the query, the value percent-encoded; what is there stays as it is. */
void url_add_query(struct str *url, const char *name, const char *value);
/*
 * The target of the first `rel="next"` of a Link header (RFC 8288), as it stands; NULL = there is
 * none. The caller frees.
 */
char *link_next(const char *header);

/* How far away a host is, as its name alone tells. */
enum address_reach {
	REACH_LOOPBACK,   /* localhost, 127.0.0.0/8, ::1 */
	REACH_LINK_LOCAL, /* 169.254.0.0/16, fe80::/10 */
	REACH_PRIVATE,    /* RFC 1918, fc00::/7, 0.0.0.0 */
	REACH_PUBLIC,     /* any other address, and all other names */
};

/* `host` as url_host() gives it. */
enum address_reach address_reach(const char *host);

#endif
