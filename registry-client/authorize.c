#include "authorize.h"

#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "failure.h"
#include "trace.h"
#include "url.h"

#define CHALLENGES_MAX \
	2 /* one to learn what is wanted, one for a token that has expired just now */

static void fetch_token(void *data);

void authorize_release(struct call *call)
{
	http_request_release(&call->token_request);
	token_question_release(&call->token_question);
	strvec_release(&call->token_headers);
}

/* --- fetching a token --- */

static void take_token(struct call *call)
{
	const struct http_request *request = &call->token_request;
	struct token token = { .scope = NULL };

	if (token_parse(str_span(&request->answer), monotonic_ms(), &token, &call->err) < 0) {
		err_wrap(&call->err, "registry '%s'", call->host->name);
		return;
	}
	token.scope = xstrdup(call->scope);
	free(call->refresh);
	call->refresh = TAKE(token.refresh);
	tokens_put(&call->host->tokens, &token);
}

static bool fetch_again(struct call *call)
{
	const struct http_request *request = &call->token_request;
	bool answered = request->outcome == HTTP_ANSWERED;
	long after = answered ? retry_after(headers_get(&request->answer_headers, "Retry-After"),
					    time(NULL))
			      : -1;
	long delay;

	if (answered ? !retry_status(request->status)
		     : request->outcome != HTTP_BROKEN && request->outcome != HTTP_STALLED)
		return false;
	delay = retry_delay(&call->registry->retry, call->attempts++, after);
	if (delay < 0)
		return false;
	http_after(call->registry->http, (unsigned)delay, fetch_token, call);
	return true;
}

static void on_token(struct http_request *request, void *data)
{
	struct call *call = data;

	trace_answer(call->registry, request);
	if (fetch_again(call))
		return;
	if (request->outcome != HTTP_ANSWERED)
		failure_of_token_server(call->host, request, &call->err);
	else if (request->status != 200)
		failure_of_token(call, &call->err);
	else
		take_token(call);
	call_continue(call);
}

static void ask(struct call *call)
{
	static const struct credentials nobody;
	bool trusted = host_trusts_realm(call->host, call->host->realm);
	const char *scope = call->wider_scope ? call->wider_scope : call->scope;

	token_question_release(&call->token_question);
	token_ask(call->host->realm, call->host->service, scope, trusted ? call->login : &nobody,
		  &call->token_question);
	/* an identity token in place of the password, where the server has them */
	if (call->is_login && trusted && !call->token_question.post)
		token_ask_offline(call->login, &call->token_question);
	strvec_clear(&call->token_headers);
	strvec_add(&call->token_headers, "Accept: application/json");
	if (call->token_question.post)
		strvec_add(&call->token_headers, "Content-Type: application/x-www-form-urlencoded");
	if (call->token_question.authorization.len > 0)
		strvec_addf(&call->token_headers, "Authorization: %s",
			    call->token_question.authorization.ptr);
}

static void fetch_token(void *data)
{
	struct call *call = data;
	struct http_request *request = &call->token_request;
	struct token_question *question = &call->token_question;

	ask(call);
	request->method = question->post ? HTTP_POST : HTTP_GET;
	request->url = question->url.ptr;
	request->headers = &call->token_headers;
	request->body =
		(struct http_body){ .data = question->form.ptr, .size = question->form.len };
	request->certs = &call->host->certs;
	request->unverified = call->host->unverified;
	request->direct = call->host->loopback;
	request->answer_limit = LIMIT_TOKEN;
	request->done = on_token;
	request->data = call;
	trace_request(call->registry, request);
	http_start(call->registry->http, request);
}

/* --- the header --- */

static enum authorize_result authorize_basic(struct call *call, struct strvec *headers)
{
	AUTO(str_release) struct str value = STR_INIT;

	if (credentials_basic(call->login, &value))
		strvec_addf(headers, "Authorization: %s", value.ptr);
	return AUTHORIZE_READY;
}

static enum authorize_result authorize_bearer(struct call *call, struct strvec *headers)
{
	const char *token = call->login->registry_token;

	if (!token)
		token = tokens_find(&call->host->tokens, call->scope, monotonic_ms());
	if (!token) {
		fetch_token(call);
		return AUTHORIZE_WAIT;
	}
	strvec_addf(headers, "Authorization: Bearer %s", token);
	return AUTHORIZE_READY;
}

static int find_login(struct call *call)
{
	if (call->is_login)
		return 0;
	return registry_login(call->registry, call->host, call->repository, &call->login,
			      &call->err);
}

enum authorize_result authorize(struct call *call, struct strvec *headers)
{
	if (call->host->auth == AUTH_UNKNOWN)
		return AUTHORIZE_READY;
	if (find_login(call) < 0)
		return AUTHORIZE_FAILED;
	if (call->host->auth == AUTH_BASIC)
		return authorize_basic(call, headers);
	return authorize_bearer(call, headers);
}

/* --- 401 --- */

/*
 * Some registries name a scope that does not follow from the repository's name. It comes first:
 * some token servers honour only one.
 */
static void widen_scope(struct call *call, const char *wanted)
{
	free(TAKE(call->wider_scope));
	if (wanted && !strstr(call->scope, wanted))
		call->wider_scope = xasprintf("%s %s", wanted, call->scope);
}

/* The same password or the same fixed token would meet the same answer. */
static bool is_hopeless(const struct call *call, bool had_sent)
{
	if (call->challenges > CHALLENGES_MAX)
		return true;
	if (call->host->auth == AUTH_BASIC)
		return had_sent || !call->login->password;
	return had_sent && call->login->registry_token;
}

enum authorize_result authorize_challenged(struct call *call)
{
	bool had_sent = call->is_login ? call->challenges > 0 : call->login != NULL;
	AUTO(freep) char *scope = NULL;

	call->challenges++;
	if (find_login(call) < 0 ||
	    host_learn_auth(call->host, &call->request.answer_headers, &scope, &call->err) < 0)
		return AUTHORIZE_FAILED;
	if (is_hopeless(call, had_sent)) {
		failure_of_access(call, &call->err);
		return AUTHORIZE_FAILED;
	}
	tokens_drop(&call->host->tokens, call->scope);
	widen_scope(call, scope);
	return AUTHORIZE_READY;
}
