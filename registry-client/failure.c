#include "failure.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/json.h"
#include "url.h"

#define HOW_TO_LOG_IN "log in with 'edgectl login %s'"

/* --- no answer --- */

static const struct {
	enum err_kind kind;
	const char *text;
} outcomes[] = {
	[HTTP_ANSWERED] = { ERR_PROTOCOL, "answered" },
	[HTTP_NO_NAME] = { ERR_NETWORK, "there is no host of that name" },
	[HTTP_NO_CONNECTION] = { ERR_NETWORK, "cannot connect" },
	[HTTP_NO_TLS] = { ERR_NETWORK, "no TLS" },
	[HTTP_BAD_CERTIFICATE] = { ERR_NETWORK, "its certificate is not valid" },
	[HTTP_NO_AUTHORITIES] = { ERR_NETWORK, "no certificates to check its own with" },
	[HTTP_NO_CLIENT_CERTIFICATE] = { ERR_AUTH, "wants a client certificate that it knows" },
	[HTTP_BAD_CLIENT_CERTIFICATE] = { ERR_AUTH, "the certificate for it cannot be used" },
	[HTTP_NO_PROXY] = { ERR_NETWORK, "cannot be reached through the proxy" },
	[HTTP_BROKEN] = { ERR_NETWORK, "the connection broke" },
	[HTTP_STALLED] = { ERR_NETWORK, "the connection stalled" },
	[HTTP_REJECTED] = { ERR_PROTOCOL, "its answer was refused" },
	[HTTP_GARBLED] = { ERR_PROTOCOL, "its answer is not HTTP" },
};

const char *failure_outcome_text(const struct http_request *request)
{
	return outcomes[request->outcome].text;
}

/* Other than the host's own. The caller frees; NULL = it is. */
static char *foreign_origin(const struct host *host, const char *url)
{
	AUTO(freep) char *origin = url ? url_origin(url) : NULL;
	AUTO(freep) char *https = xasprintf("https://%s", host->authority);
	AUTO(freep) char *http = xasprintf("http://%s", host->authority);

	if (!origin || url_same_origin(origin, https) || url_same_origin(origin, http))
		return NULL;
	return TAKE(origin);
}

char *failure_server(const struct host *host, const char *url)
{
	AUTO(freep) char *elsewhere = foreign_origin(host, url);

	if (elsewhere)
		return xasprintf("registry '%s' redirects to '%s'", host->name, elsewhere);
	return xasprintf("registry '%s'", host->name);
}

void failure_name_object(struct err *err, const char *object)
{
	if (err->kind != ERR_AUTH && err->kind != ERR_DENIED && err->kind != ERR_NETWORK &&
	    !strstr(err->message, object))
		err_wrap(err, "%s", object);
}

/* libcurl's sentence without what ours says already. */
static const char *reason_of(const struct http_request *request)
{
	static const char certificate[] = "SSL certificate problem: ";

	if (str_has_prefix(request->reason, certificate))
		return request->reason + strlen(certificate);
	return request->reason;
}

static int set_outcome(const char *server, const struct http_request *request, struct err *err)
{
	const char *text = failure_outcome_text(request);

	if (request->outcome == HTTP_NO_NAME || !request->reason[0])
		return err_set(err, outcomes[request->outcome].kind, "%s: %s", server, text);
	if (request->outcome == HTTP_NO_CLIENT_CERTIFICATE)
		return err_set(err, ERR_AUTH, "%s %s", server, text);
	return err_set(err, outcomes[request->outcome].kind, "%s: %s (%s)", server, text,
		       reason_of(request));
}

/* As docker has it, a first part with a capital is a host: repositories have none. */
static void hint_at_name(const struct host *host, struct err *err)
{
	bool has_capital = strpbrk(host->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL;

	if (has_capital && !strpbrk(host->name, ".:"))
		err_hint(err,
			 "'%s' is taken for a host because of its capitals: names of images are in "
			 "lower case",
			 host->name);
	else if (str_eq(host->name, DOCKER_HUB))
		err_hint(err, "names without a host are docker.io's: is this machine in a network "
			      "that reaches it?");
	else
		err_hint(err, "check the spelling of '%s' and this machine's network", host->name);
}

static void hint_at_certificate(const struct host *host, const struct http_request *request,
				struct err *err)
{
	if (strstr(request->reason, "expired") || strstr(request->reason, "not yet valid"))
		err_hint(err,
			 "compare this machine's clock with the certificate's dates; whoever runs "
			 "the "
			 "registry renews it, and --insecure does without it in a network that may "
			 "be trusted");
	else if (strstr(request->reason, "subject name"))
		err_hint(err,
			 "the certificate is for another name than '%s': use the one that it is "
			 "for, or "
			 "trust the network and use --insecure",
			 host->name);
	else
		err_hint(err,
			 "put its CA certificate into /etc/docker/certs.d/%s/ca.crt, name it in "
			 "SSL_CERT_FILE, or trust the network and use --insecure",
			 host->name);
}

static void hint_at_connection(const struct host *host, const struct http_request *request,
			       struct err *err)
{
	AUTO(freep) char *elsewhere = foreign_origin(host, request->url);

	if (request->outcome == HTTP_NO_PROXY)
		err_hint(err, FAILURE_NO_PROXY_HINT);
	else if (request->outcome == HTTP_BAD_CLIENT_CERTIFICATE)
		err_hint(err,
			 "client.cert and client.key beside it are PEM files, and belong together");
	else if (elsewhere && request->outcome != HTTP_NO_AUTHORITIES)
		err_hint(err,
			 "that is where the registry keeps its blobs: does a firewall or proxy let "
			 "you through to it?");
	else if (request->outcome == HTTP_NO_NAME)
		hint_at_name(host, err);
	else if (request->outcome == HTTP_NO_CONNECTION)
		err_hint(err,
			 "is a registry running at '%s', and does a firewall or proxy let you "
			 "through?",
			 host->name);
	else if (request->outcome == HTTP_NO_TLS && !host->may_be_plain)
		err_hint(err,
			 "if it speaks plain HTTP, and the network may be trusted, use --insecure");
	else if (request->outcome == HTTP_BAD_CERTIFICATE)
		hint_at_certificate(host, request, err);
	else if (request->outcome == HTTP_NO_AUTHORITIES && host->certs.authorities.len > 0)
		err_hint(err, "is every *.crt in certs.d/%s a PEM certificate?", host->name);
	else if (request->outcome == HTTP_NO_AUTHORITIES)
		err_hint(err, FAILURE_NO_AUTHORITIES_HINT);
	/* one that closes at once may have said why, in a message that the reset overtook */
	else if (request->outcome == HTTP_NO_CLIENT_CERTIFICATE ||
		 (request->outcome == HTTP_BROKEN && request->over_tls && !host->answered))
		err_hint(err,
			 "if it wants client certificates, put yours and its key into "
			 "/etc/docker/certs.d/%s/client.cert and client.key",
			 host->name);
}

/*
 * 400 after we fell back to plain HTTP: what a server says that wants TLS, in words of its own. Then what was wrong with TLS is
 * what is wrong.
 */
static bool wants_tls(const struct call *call)
{
	return call->host->plain && call->host->tls_outcome == HTTP_NO_AUTHORITIES &&
	       call->request.status == 400 && strstr(call->request.answer.ptr, "HTTPS");
}

static int set_tls_failure(const struct host *host, struct err *err)
{
	struct http_request request = { .outcome = host->tls_outcome };

	(void)snprintf(request.reason, sizeof(request.reason), "%s", host->tls_reason);
	return failure_of_connection(host, &request, err);
}

/* A copy: the request's error goes on to the next owner of the call. */
static int copy_rejection(const char *server, const struct http_request *request, struct err *err)
{
	err_set(err, request->err.kind, "%s: %s", server, request->err.message);
	if (request->err.hint)
		err_hint(err, "%s", request->err.hint);
	return -1;
}

int failure_of_connection(const struct host *host, const struct http_request *request,
			  struct err *err)
{
	AUTO(freep) char *server = failure_server(host, request->url);

	if (request->outcome == HTTP_REJECTED)
		return copy_rejection(server, request, err);
	set_outcome(server, request, err);
	hint_at_connection(host, request, err);
	return -1;
}

static char *token_server_name(const struct host *host)
{
	AUTO(freep) char *origin = url_origin(host->realm);

	return xasprintf("token server '%s' of registry '%s'", origin ? origin : host->realm,
			 host->name);
}

int failure_of_token_server(const struct host *host, const struct http_request *request,
			    struct err *err)
{
	AUTO(freep) char *server = token_server_name(host);

	if (request->outcome == HTTP_REJECTED)
		return copy_rejection(server, request, err);
	set_outcome(server, request, err);
	return err_hint(err,
			request->outcome == HTTP_NO_PROXY
				? FAILURE_NO_PROXY_HINT
				: "the registry lets nobody in who has no token from there: does "
				  "a firewall or proxy let you through to it?");
}

/* --- no access --- */

static bool used_credentials(const struct call *call)
{
	return call->login && credentials_exist(call->login);
}

static void hint_at_login(const struct call *call, struct err *err)
{
	if (call->login && call->login->trouble)
		err_hint(err, "credentials could not be asked for: %s", call->login->trouble);
	else
		err_hint(err, HOW_TO_LOG_IN, call->host->name);
}

int failure_of_access(const struct call *call, struct err *err)
{
	if (call->is_login) {
		err_set(err, ERR_AUTH, "registry '%s' does not accept that user name and password",
			call->host->name);
		return err_hint(err, "some registries want an access token in place of a password");
	}
	if (used_credentials(call)) {
		err_set(err, ERR_AUTH,
			"registry '%s' does not accept the credentials from '%s' for '%s'",
			call->host->name, call->login->origin, call->repository);
	} else if (call->access == CALL_PUSH) {
		err_set(err, ERR_AUTH, "registry '%s' wants credentials for a push to '%s'",
			call->host->name, call->repository);
	} else {
		err_set(err, ERR_AUTH, "'%s' does not exist in registry '%s', or needs credentials",
			call->repository, call->host->name);
	}
	hint_at_login(call, err);
	return -1;
}

int failure_of_token(const struct call *call, struct err *err)
{
	AUTO(freep) char *server = token_server_name(call->host);
	long status = call->token_request.status;
	bool denied = status == 400 || status == 401 || status == 403;

	if (denied && used_credentials(call) && !host_trusts_realm(call->host, call->host->realm)) {
		err_set(err, ERR_AUTH, "%s is at another site: it was not given the credentials",
			server);
		return -1;
	}
	if (denied)
		return failure_of_access(call, err);
	return err_set(err, ERR_PROTOCOL, "%s answered %ld", server, status);
}

/* --- other answers --- */

/* The first of errors[] (distribution-spec, "Error Codes"), on one line; "" = none. */
static void add_reason(const struct http_request *request, struct str *ret)
{
	json_auto_t *json = NULL;
	const json_t *first;
	const char *code, *message;

	if (request->answer.len == 0 ||
	    json_parse(str_span(&request->answer), "answer", &json, NULL) < 0)
		return;
	first = json_array_get(json_get_array(json, "errors"), 0);
	code = json_get_string(first, "code");
	message = json_get_string(first, "message");
	if (!code && !message)
		return;
	str_init(ret, 300);
	str_addf(ret, ": %s", message && *message ? message : code);
	for (size_t i = 0; i < ret->len; i++) {
		if ((unsigned char)ret->ptr[i] < ' ' || ret->ptr[i] == 0x7f)
			ret->ptr[i] = ' ';
	}
}

bool failure_has_code(const struct http_request *request, const char *code)
{
	json_auto_t *json = NULL;
	const json_t *errors, *error;
	size_t i;

	if (request->answer.len == 0 ||
	    json_parse(str_span(&request->answer), "answer", &json, NULL) < 0)
		return false;
	errors = json_get_array(json, "errors");
	json_array_foreach(errors, i, error)
	{
		if (str_eq(json_get_string(error, "code"), code))
			return true;
	}
	return false;
}

static int set_rate_limit(const struct call *call, struct err *err)
{
	long after = retry_after(call_header(call, "Retry-After"), time(NULL));

	err_set(err, ERR_DENIED,
		"registry '%s' refuses further requests for now: its rate limit is reached",
		call->host->name);
	if (after >= 3600)
		return err_hint(err, "try again in %ld h %ld min", after / 3600, after % 3600 / 60);
	if (after >= 60)
		return err_hint(err, "try again in %ld min", after / 60);
	if (after > 0)
		return err_hint(err, "try again in %ld s", after);
	if (!used_credentials(call))
		return err_hint(err, "try again later, or log in: the limit is often higher then");
	return err_hint(err, "try again later");
}

static int set_denied(const struct call *call, const char *reason, struct err *err)
{
	static const char *const what[] = { [CALL_PULL] = "access to",
					    [CALL_PUSH] = "a push to",
					    [CALL_DELETE] = "to delete from" };

	err_set(err, ERR_DENIED, "registry '%s' denies %s '%s'%s", call->host->name,
		what[call->access], call->repository, reason);
	if (used_credentials(call))
		err_hint(err, "the credentials from '%s' may not do that", call->login->origin);
	else
		hint_at_login(call, err);
	return -1;
}

/* What there is instead: tags, unless there is not even the repository. */
static int set_not_found(const struct call *call, const char *object, struct err *err)
{
	const char *host = call->host->name;

	if (call->method == HTTP_POST || call->method == HTTP_PUT || call->method == HTTP_PATCH) {
		err_set(err, ERR_NOT_FOUND, "repository '%s' is not in registry '%s'",
			call->repository, host);
		return err_hint(err,
				"check the spelling; some registries want it created before the "
				"first push");
	}
	if (failure_has_code(&call->request, "NAME_UNKNOWN")) {
		err_set(err, ERR_NOT_FOUND, "repository '%s' is not in registry '%s'",
			call->repository, host);
		return err_hint(err, "check the spelling; a repository is there once something "
				     "was pushed to it");
	}
	err_set(err, ERR_NOT_FOUND, "%s is not in registry '%s'", object, host);
	if (call_asks_for_tag(call))
		return err_hint(err, "'edgectl tags %s/%s' lists what there is", host,
				call->named_repository);
	if (call->path && strstr(call->path, "/blobs/"))
		return err_hint(err, "the registry has lost it: push the image again");
	if (!call->path || !strstr(call->path, "/manifests/"))
		return -1;
	return err_hint(err, "it may have been deleted: 'edgectl tags %s/%s' lists what there is",
			host, call->named_repository);
}

/* Not the registry's answer, but that of where it sent us: a login would not help. */
static int set_foreign(const struct call *call, const char *object, const char *elsewhere,
		       struct err *err)
{
	long status = call->request.status;
	enum err_kind kind = status == 404                    ? ERR_NOT_FOUND
			     : status == 401 || status == 403 ? ERR_DENIED
							      : ERR_NETWORK;

	err_set(err, kind, "registry '%s' redirects to '%s', which answered %ld for %s",
		call->host->name, elsewhere, status, object);
	return err_hint(err,
			"try again; if it stays so, the registry's own storage is in disorder");
}

static int set_too_large(const struct call *call, const char *object, const char *reason,
			 struct err *err)
{
	err_set(err, ERR_LIMIT, "%s is too large for registry '%s'%s", object, call->host->name,
		reason);
	return err_hint(err, "the limit is often that of a proxy in front of the registry (nginx: "
			     "client_max_body_size)");
}

/* As distribution answers in maintenance, and mirrors do always. */
static int set_read_only(const struct call *call, struct err *err)
{
	err_set(err, ERR_DENIED, "registry '%s' takes no push: it is read-only", call->host->name);
	return err_hint(err, "it may be a mirror, or in maintenance for now: whoever runs it knows "
			     "where pushes go");
}

static int set_broken(const struct call *call, const char *object, const char *reason,
		      struct err *err)
{
	err_set(err, ERR_NETWORK, "registry '%s' answered %ld for %s%s", call->host->name,
		call->request.status, object, reason);
	return err_hint(err,
			"the failure is the registry's own: its log says more, if it is yours; "
			"else try again later");
}

static int set_proxy_login(const struct call *call, struct err *err)
{
	err_set(err, ERR_AUTH, "registry '%s': the proxy in between wants a login",
		call->host->name);
	return err_hint(err, FAILURE_NO_PROXY_HINT);
}

int failure_of_status(const struct call *call, const char *object, struct err *err)
{
	AUTO(str_release) struct str reason = STR_INIT;
	AUTO(freep) char *elsewhere = foreign_origin(call->host, call->url);
	const char *host = call->host->name;
	long status = call->request.status;

	add_reason(&call->request, &reason);
	if (elsewhere)
		return set_foreign(call, object, elsewhere, err);
	if (wants_tls(call))
		return set_tls_failure(call->host, err);
	if (status == 401)
		return failure_of_access(call, err);
	if (status == 403)
		return set_denied(call, reason.ptr, err);
	if (status == 404)
		return set_not_found(call, object, err);
	if (status == 405 && call->access == CALL_PUSH)
		return set_read_only(call, err);
	if (status == 407)
		return set_proxy_login(call, err);
	if (status == 413)
		return set_too_large(call, object, reason.ptr, err);
	if (status == 429)
		return set_rate_limit(call, err);
	if (status >= 500)
		return set_broken(call, object, reason.ptr, err);
	return err_set(err, ERR_PROTOCOL, "registry '%s' answered %ld for %s%s", host, status,
		       object, reason.ptr);
}
