#include "call.h"

#include <string.h>
#include <time.h>

#include "authorize.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "failure.h"
#include "trace.h"
#include "transfer.h"
#include "url.h"
#include "warning.h"

#define REDIRECTS_MAX 10

static void attempt(void *data);
static void on_answer(struct http_request *request, void *data);

/* --- the route --- */

static void set_scope(struct call *call)
{
	static const char *const actions[] = {
		[CALL_PULL] = "pull",
		[CALL_PUSH] = "pull,push",
		[CALL_DELETE] = "pull,delete",
	};

	free(call->scope);
	call->scope = xasprintf("repository:%s:%s", call->repository, actions[call->access]);
}

static void set_stop(struct call *call, size_t stop)
{
	call->stop = stop;
	call->host = call->route.items[stop].host;
	call->repository = call->route.items[stop].repository;
	call->login = NULL;
	call->challenges = 0;
	free(TAKE(call->wider_scope));
	set_scope(call);
}

static bool is_last_stop(const struct call *call)
{
	return call->stop + 1 == call->route.len;
}

bool call_asks_for_tag(const struct call *call)
{
	const char *version = call->path ? strstr(call->path, "/manifests/") : NULL;

	return version && !strchr(version, ':');
}

static bool is_open(const struct call *call, size_t stop)
{
	const struct route_stop *item = &call->route.items[stop];

	return stop + 1 == call->route.len ||
	       (!item->host->dead && !(item->digests_only && call_asks_for_tag(call)));
}

/* From `first` on, the next one that can be asked; the last always can. */
static void go_to(struct call *call, size_t first)
{
	while (!is_open(call, first))
		first++;
	if (first != call->stop)
		set_stop(call, first);
}

void call_init(struct call *call, struct registry *registry, const struct image_ref *ref,
	       enum call_access access)
{
	*call = (struct call){
		.registry = registry,
		.named_repository = xstrdup(ref->repository),
		.access = access,
		.answer_limit = LIMIT_MANIFEST,
		.err = ERR_INIT,
	};
	route_find(registry, ref, access == CALL_PULL, &call->route);
	set_stop(call, 0);
}

void call_init_login(struct call *call, struct registry *registry, const char *host,
		     const struct credentials *login)
{
	*call = (struct call){
		.registry = registry,
		.named_repository = xstrdup(""),
		.is_login = true,
		.login = login,
		.scope = xstrdup(""),
		.answer_limit = LIMIT_ERROR_BODY,
		.err = ERR_INIT,
	};
	*VEC_ADD(&call->route) = (struct route_stop){ .host = registry_host(registry, host),
						      .repository = xstrdup("") };
	call->host = call->route.items->host;
	call->repository = call->route.items->repository;
}

void call_add_source(struct call *call, const char *repository)
{
	char *scope = xasprintf("%s repository:%s:pull", call->scope, repository);

	free(call->scope);
	call->scope = scope;
}

void call_release(struct call *call)
{
	http_request_release(&call->request);
	authorize_release(call);
	strvec_release(&call->headers);
	err_release(&call->err);
	free(call->url);
	secret_freep(&call->refresh);
	free(call->wider_scope);
	free(call->scope);
	free(call->named_repository);
	route_release(&call->route);
	*call = (struct call){ .registry = NULL };
}

bool call_failed(const struct call *call)
{
	return call->err.kind != ERR_NONE;
}

const char *call_header(const struct call *call, const char *name)
{
	return headers_get(&call->request.answer_headers, name);
}

void call_made_progress(struct call *call)
{
	call->attempts = 0;
}

/* A mirror that does not answer is out of the question from now on. */
static void note_dead(struct call *call)
{
	if (call->request.outcome == HTTP_ANSWERED || call->request.outcome == HTTP_REJECTED ||
	    call->host->dead)
		return;
	call->host->dead = true;
	monitor_text(call->registry->monitor, 0, EVENT_WARNING,
		     "mirror '%s': %s, asking the next one", call->host->name,
		     failure_outcome_text(&call->request));
}

static void finish(struct call *call)
{
	bool is_answered = !call_failed(call) && call->request.outcome == HTTP_ANSWERED &&
			   call->request.status / 100 == 2;

	if (is_answered || is_last_stop(call)) {
		if (call->done)
			call->done(call);
		return;
	}
	note_dead(call);
	err_clear(&call->err);
	go_to(call, call->stop + 1);
	attempt(call);
}

bool call_distrust(struct call *call)
{
	if (is_last_stop(call))
		return false;
	call->host->dead = true;
	return true;
}

/* --- one attempt --- */

static bool is_own_origin(const struct call *call)
{
	AUTO(freep) char *base = host_url(call->host, "/");

	return url_same_origin(base, call->url);
}

static void collect_headers(struct call *call)
{
	strvec_clear(&call->headers);
	if (call->accept)
		strvec_addf(&call->headers, "Accept: %s", call->accept);
	if (call->content_type)
		strvec_addf(&call->headers, "Content-Type: %s", call->content_type);
	if (call->prepare)
		call->prepare(call->data, &call->headers);
}

static void on_sent(void *data, uint64_t bytes)
{
	struct call *call = data;

	call->sent(call->data, bytes);
}

static void send_request(struct call *call)
{
	struct http_request *request = &call->request;

	request->method = call->method;
	request->url = call->url;
	request->headers = &call->headers;
	request->body = call->body;
	request->certs = is_own_origin(call) ? &call->host->certs : NULL;
	request->unverified = call->host->unverified;
	request->direct = call->host->loopback;
	request->answer_limit = call->answer_limit;
	request->sink = call->sink;
	request->sink_data = call->sink_data;
	request->sent = call->sent ? on_sent : NULL;
	request->done = on_answer;
	request->data = call;
	trace_request(call->registry, request);
	http_start(call->registry->http, request);
}

/* To call->url. The authorization goes to the registry itself only: same scheme, host and port. */
static void send_authorized(struct call *call)
{
	collect_headers(call);
	if (is_own_origin(call)) {
		switch (authorize(call, &call->headers)) {
		case AUTHORIZE_READY: break;
		case AUTHORIZE_WAIT: return; /* continues with authorize_done() */
		case AUTHORIZE_FAILED: finish(call); return;
		}
	}
	send_request(call);
}

/* The path as the stop knows it. */
static char *own_path(const struct call *call)
{
	AUTO(freep) char *named = xasprintf("/v2/%s/", call->named_repository);

	if (!str_has_prefix(call->path, named))
		return xstrdup(call->path);
	return xasprintf("/v2/%s/%s", call->repository, call->path + strlen(named));
}

static void set_url(struct call *call)
{
	AUTO(freep) char *path = own_path(call);

	free(call->url);
	call->url = path[0] == '/' ? host_url(call->host, path) : xstrdup(path);
}

static void attempt(void *data)
{
	struct call *call = data;

	call->attempts++;
	call->redirects = 0;
	set_url(call);
	send_authorized(call);
}

/* --- trying again --- */

long call_retry_delay(const struct call *call, unsigned attempts)
{
	const struct http_request *request = &call->request;
	long after = request->outcome == HTTP_ANSWERED
			     ? retry_after(call_header(call, "Retry-After"), time(NULL))
			     : -1;
	long delay = retry_delay(&call->registry->retry, attempts, after);
	AUTO(freep) char *server = failure_server(call->host, call->url);

	if (delay < 0)
		return -1;
	if (request->outcome == HTTP_ANSWERED)
		monitor_text(call->registry->monitor, 0, EVENT_WARNING,
			     "%s: answered %ld, trying again in %.1f s", server, request->status,
			     (double)delay / 1000);
	else
		monitor_text(call->registry->monitor, 0, EVENT_WARNING,
			     "%s: %s, trying again in %.1f s", server,
			     failure_outcome_text(request), (double)delay / 1000);
	return delay;
}

static bool is_refused_midway(const struct call *call)
{
	return call->once && call->request.status == 401 && call->request.body_sent > 0;
}

bool call_may_retry(const struct call *call)
{
	switch (call->request.outcome) {
	case HTTP_ANSWERED: return retry_status(call->request.status) || is_refused_midway(call);
	case HTTP_BROKEN:
	case HTTP_STALLED: return true;
	/*
	 * A registry that was never there will not come up now; one that went away may come back.
	 */
	case HTTP_NO_NAME:
	case HTTP_NO_CONNECTION:
	case HTTP_NO_PROXY:
	case HTTP_NO_TLS: return call->host->answered;
	case HTTP_BAD_CERTIFICATE:
	case HTTP_NO_AUTHORITIES:
	case HTTP_NO_CLIENT_CERTIFICATE:
	case HTTP_BAD_CLIENT_CERTIFICATE:
	case HTTP_REJECTED:
	case HTTP_GARBLED: return false;
	}
	return false;
}

static bool try_again(struct call *call)
{
	long delay;

	/* A mirror is asked once: there is somebody else to ask. */
	if (call->once || !is_last_stop(call) || !call_may_retry(call))
		return false;
	delay = call_retry_delay(call, call->attempts);
	if (delay < 0)
		return false;
	http_after(call->registry->http, (unsigned)delay, attempt, call);
	return true;
}

/* --- answers --- */

static bool is_redirect(const struct call *call)
{
	switch (call->request.status) {
	case 301:
	case 302:
	case 303: return call->method == HTTP_GET || call->method == HTTP_HEAD;
	case 307:
	case 308: return true;
	default: return false;
	}
}

static int check_redirect(const struct call *call, const char *target, struct err *err)
{
	AUTO(freep) char *host = url_host(target);

	if (url_is_https(call->url) && !url_is_https(target))
		return err_set(err, ERR_PROTOCOL, "registry '%s' redirects out of TLS, to '%s'",
			       call->host->name, target);
	if (host && address_reach(host) == REACH_LINK_LOCAL)
		return err_set(err, ERR_PROTOCOL,
			       "registry '%s' redirects to a link-local address, '%s'",
			       call->host->name, target);
	return 0;
}

static void follow(struct call *call)
{
	const char *location = call_header(call, "Location");
	AUTO(freep) char *target = NULL;

	if (++call->redirects > REDIRECTS_MAX) {
		err_set(&call->err, ERR_PROTOCOL, "registry '%s' redirects without end",
			call->host->name);
	} else if (!location || !*location) {
		err_set(&call->err, ERR_PROTOCOL, "registry '%s' redirects to nowhere",
			call->host->name);
	} else if (url_resolve(call->url, location, &target, &call->err) < 0) {
		err_wrap(&call->err, "registry '%s' redirects", call->host->name);
	} else if (check_redirect(call, target, &call->err) == 0) {
		free(call->url);
		call->url = TAKE(target);
		send_authorized(call);
		return;
	}
	finish(call);
}

static void on_status(struct call *call)
{
	bool is_own = is_own_origin(call);

	call->host->answered |= is_own;
	if (is_own)
		warning_show(call);
	if (call->request.status == 401 && is_own) {
		switch (authorize_challenged(call)) {
		case AUTHORIZE_READY:
			if (is_refused_midway(call))
				finish(call);
			else
				send_authorized(call);
			return;
		case AUTHORIZE_WAIT: return;
		case AUTHORIZE_FAILED: finish(call); return;
		}
	}
	if (is_redirect(call)) {
		follow(call);
		return;
	}
	if (!try_again(call))
		finish(call);
}

/* Another call was first to find out that there is no TLS. */
static bool is_overtaken(const struct call *call)
{
	return call->host->plain && call->redirects == 0 && call->path[0] == '/' &&
	       url_is_https(call->url);
}

static void on_no_answer(struct call *call)
{
	bool may_be_plain = !call->request.over_tls;

	if (is_overtaken(call) || (may_be_plain && host_fall_back(call->host, call->request.outcome,
								  call->request.reason))) {
		call->attempts--;
		attempt(call);
		return;
	}
	if (try_again(call))
		return;
	/* With `once`, the caller decides. */
	if (!call->once || !call_may_retry(call))
		failure_of_connection(call->host, &call->request, &call->err);
	finish(call);
}

static void on_answer(struct http_request *request, void *data)
{
	struct call *call = data;

	trace_answer(call->registry, request);
	if (request->outcome == HTTP_ANSWERED)
		on_status(call);
	else
		on_no_answer(call);
}

/* --- for authorize.c --- */

void call_continue(struct call *call)
{
	if (call_failed(call))
		finish(call);
	else
		send_authorized(call);
}

/* --- starting --- */

void call_start(struct call *call)
{
	err_clear(&call->err);
	call->attempts = 0;
	call->challenges = 0;
	go_to(call, call->stop);
	attempt(call);
}

int call_perform(struct call *call, struct err *err)
{
	call_start(call);
	if (http_run(call->registry->http, err) < 0)
		return -1;
	if (!call_failed(call))
		return 0;
	err_move(err, &call->err);
	return -1;
}
