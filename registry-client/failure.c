#include "failure.h"

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
	[HTTP_BROKEN] = { ERR_NETWORK, "the connection broke" },
	[HTTP_STALLED] = { ERR_NETWORK, "the connection stalled" },
	[HTTP_REJECTED] = { ERR_PROTOCOL, "its answer was refused" },
	[HTTP_GARBLED] = { ERR_PROTOCOL, "its answer is not HTTP" },
};

const char *failure_outcome_text(const struct http_request *request)
{
	return outcomes[request->outcome].text;
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
	if (request->outcome == HTTP_NO_NAME)
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
	AUTO(freep) char *server = xasprintf("registry '%s'", host->name);

	if (request->outcome == HTTP_REJECTED)
		return copy_rejection(server, request, err);
	set_outcome(server, request, err);
	hint_at_connection(host, request, err);
	return -1;
}

static char *token_server_name(const struct host *host)
{
	AUTO(freep) char *name = url_host(host->realm);

	return xasprintf("token server '%s' of registry '%s'", name ? name : host->realm,
			 host->name);
}

int failure_of_token_server(const struct host *host, const struct http_request *request,
			    struct err *err)
{
	AUTO(freep) char *server = token_server_name(host);

	if (request->outcome == HTTP_REJECTED)
		return copy_rejection(server, request, err);
	return set_outcome(server, request, err);
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
	return -1;
}

int failure_of_status(const struct call *call, const char *object, struct err *err)
{
	AUTO(str_release) struct str reason = STR_INIT;
	const char *host = call->host->name;
	long status = call->request.status;

	add_reason(&call->request, &reason);
	if (status == 401)
		return failure_of_access(call, err);
	if (status == 403)
		return set_denied(call, reason.ptr, err);
	if (status == 404)
		return set_not_found(call, object, err);
	if (status == 413)
		return err_set(err, ERR_LIMIT, "%s is too large for registry '%s'%s", object, host,
			       reason.ptr);
	if (status == 429)
		return set_rate_limit(call, err);
	if (status >= 500)
		return err_set(err, ERR_NETWORK, "registry '%s' failed with %ld at %s%s", host,
			       status, object, reason.ptr);
	return err_set(err, ERR_PROTOCOL, "registry '%s' answered %ld for %s%s", host, status,
		       object, reason.ptr);
}
