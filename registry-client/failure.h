/*
 * What went wrong between us and a registry, as one sentence about the image and the registry, with
 * the remedy as its hint. All return -1.
 */
#ifndef REGISTRY_FAILURE_H
#define REGISTRY_FAILURE_H

#include "call.h"

#define FAILURE_NO_AUTHORITIES_HINT \
	"sudo apt-get install ca-certificates; others are named by SSL_CERT_FILE or SSL_CERT_DIR"
#define FAILURE_NO_PROXY_HINT                                                                     \
	"HTTPS_PROXY and HTTP_PROXY say what the proxy is, as http://[USER:PASSWORD@]HOST:PORT; " \
	"NO_PROXY "                                                                               \
	"lists the hosts that are reached without it"

/* "connection broke", "no answer" ...: of an outcome other than HTTP_ANSWERED. Borrowed. */
const char *failure_outcome_text(const struct http_request *request);

/*
 * Whom `url` asks, when the host was asked for it: "registry 'HOST'", and where that sent us. `url` NULL
 * = the registry itself. The caller frees.
 */
char *failure_server(const struct host *host, const char *url);

/*
 * In front of it, which `object` it happened to, unless the message says so, or the registry as a whole is
 * what is wrong: the network, the login.
 */
void failure_name_object(struct err *err, const char *object);

/* No answer came. */
int failure_of_connection(const struct host *host, const struct http_request *request,
			  struct err *err);
int failure_of_token_server(const struct host *host, const struct http_request *request,
			    struct err *err);
/* The token server answered call->token_request, but without a token. */
int failure_of_token(const struct call *call, struct err *err);
/* 401 in spite of everything we have. */
int failure_of_access(const struct call *call, struct err *err);
/*
 * An answer that the caller has no use for; `object` is what it was about: "image 'app:1'", "blob
 * sha256:...".
 */
int failure_of_status(const struct call *call, const char *object, struct err *err);

/* Is that among the answer's errors[] (distribution-spec, "Error Codes")? */
bool failure_has_code(const struct http_request *request, const char *code);

#endif
