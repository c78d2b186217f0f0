#include "registry/download.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "credentials.h"
#include "failure.h"
#include "http.h"
#include "libcurl.h"
#include "retry.h"
#include "url.h"

#define REDIRECTS_MAX 10
/* A connection that brought less than this has not moved us on. */
#define PROGRESS_BYTES ((uint64_t)64 * 1024)

struct transferring {
	const struct download_request *request;
	struct download_result *result;
	struct http *http;
	struct http_request exchange;
	struct retry_policy retry;
	struct strvec headers;
	char *origin;        /* the address, without user and password */
	char *url;           /* where redirects have led to */
	char *authorization; /* for the origin only; NULL = none */
	char *validator;     /* of what was written so far, for If-Range; NULL = cannot go on */
	uint64_t written, total;
	uint64_t furthest; /* how far it was when that was last taken for progress */
	unsigned attempts, redirects;
	struct err err;
	bool failed;
};

void download_result_release(struct download_result *result)
{
	free(result->etag);
	free(result->last_modified);
	*result = (struct download_result)DOWNLOAD_RESULT_INIT;
}

/* --- the address --- */

static CURLU *parse(const char *text)
{
	AUTO(libcurl_url_freep) CURLU *url = NULL;

	libcurl_load();
	url = libcurl.url();
	if (!url || libcurl.url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK)
		return NULL;
	return TAKE(url);
}

static char *part(CURLU *url, CURLUPart what)
{
	char *text = NULL;

	return libcurl.url_get(url, what, &text, CURLU_URLDECODE) == CURLUE_OK ? text : NULL;
}

/* Takes user and password out of `url`. */
static char *cut_authorization(CURLU *url)
{
	AUTO(libcurl_freep) char *user = part(url, CURLUPART_USER);
	AUTO(libcurl_freep) char *password = part(url, CURLUPART_PASSWORD);
	char none[] = "";
	const struct credentials login = { .username = user,
					   .password = password ? password : none };
	struct str header = STR_INIT;

	if (!user)
		return NULL;
	libcurl.url_set(url, CURLUPART_USER, NULL, 0);
	libcurl.url_set(url, CURLUPART_PASSWORD, NULL, 0);
	str_add(&header, "Authorization: ");
	(void)credentials_basic(&login, &header); /* it has both */
	return str_detach(&header);
}

static char *format(CURLU *url)
{
	AUTO(libcurl_freep) char *text = NULL;

	libcurl.url_set(url, CURLUPART_FRAGMENT, NULL, 0);
	if (libcurl.url_get(url, CURLUPART_URL, &text, 0) != CURLUE_OK)
		return NULL;
	return xstrdup(text);
}

char *download_shown_url(const char *text)
{
	AUTO(libcurl_url_freep) CURLU *url = parse(text);
	char *shown;

	if (!url)
		return xstrdup(text);
	free(cut_authorization(url));
	shown = format(url);
	return shown ? shown : xstrdup(text);
}

char *download_name(const char *text)
{
	AUTO(libcurl_url_freep) CURLU *url = parse(text);
	AUTO(libcurl_freep) char *path = url ? part(url, CURLUPART_PATH) : NULL;
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path;

	if (!name || !*name || str_eq(name, ".") || str_eq(name, ".."))
		return NULL;
	return xstrdup(name);
}

static int open_address(struct transferring *t, struct err *err)
{
	AUTO(libcurl_url_freep) CURLU *url = parse(t->request->url);
	AUTO(freep) char *shown = download_shown_url(t->request->url);

	if (url)
		t->authorization = cut_authorization(url);
	t->origin = url ? format(url) : NULL;
	if (t->origin && url_check(t->origin, NULL) == 0) {
		t->url = xstrdup(t->origin);
		return 0;
	}
	return err_set(err, ERR_INPUT, "'%s' is not an http or https address", shown);
}

/* --- the content --- */

static int start_over(struct transferring *t, const struct headers *headers, struct err *err)
{
	const char *etag = headers_get(headers, "ETag");
	const char *modified = headers_get(headers, "Last-Modified");

	t->written = 0;
	free(t->validator);
	/* A weak one does not promise the same bytes (RFC 9110 section 13.1.5). */
	t->validator = xstrdup_or_null(etag && !str_has_prefix(etag, "W/") ? etag : modified);
	return t->request->sink->restart(t->request->sink_data, err);
}

static bool continues(const struct transferring *t, const struct headers *headers)
{
	const char *range = headers_get(headers, "Content-Range");
	AUTO(freep) char *expected = xasprintf("bytes %llu-", (unsigned long long)t->written);

	return t->written > 0 && range && str_has_prefix(range, expected);
}

static int sink_begin(void *data, long status, const struct headers *headers, struct err *err)
{
	struct transferring *t = data;
	const char *length = headers_get(headers, "Content-Length");
	unsigned long long bytes = 0;

	if (status == 206 && !continues(t, headers))
		return err_set(err, ERR_PROTOCOL, "sends another part than it was asked for");
	if (status == 200 && start_over(t, headers, err) < 0)
		return -1;
	t->total = 0;
	if (length && span_to_u64(span_of(length), INT64_MAX, &bytes))
		t->total = t->written + bytes;
	return 0;
}

static int sink_write(void *data, const void *bytes, size_t len, struct err *err)
{
	struct transferring *t = data;
	const struct download_request *request = t->request;
	uint64_t limit = request->limit ? request->limit : LIMIT_LAYER_SIZE;

	if (len > limit - t->written)
		return err_set(err, ERR_LIMIT, "is larger than %llu KiB",
			       (unsigned long long)(limit / LIMIT_KIB));
	if (request->sink->write(request->sink_data, bytes, len, err) < 0)
		return -1;
	t->written += len;
	/* bytes that come again are no progress */
	if (t->written >= t->furthest + PROGRESS_BYTES) {
		t->furthest = t->written;
		t->attempts = 1;
	}
	monitor_transfer(request->monitor, request->step, "downloading", t->origin, t->written,
			 t->total > t->written ? t->total : 0);
	return 0;
}

static const struct http_sink sink = { .begin = sink_begin, .write = sink_write };

/* --- asking --- */

static void ask(void *data);

static void add_conditions(struct transferring *t)
{
	const struct download_request *request = t->request;

	if (t->written > 0) {
		if (!t->validator)
			return;
		strvec_addf(&t->headers, "Range: bytes=%llu-", (unsigned long long)t->written);
		strvec_addf(&t->headers, "If-Range: %s", t->validator);
	} else if (request->etag) {
		strvec_addf(&t->headers, "If-None-Match: %s", request->etag);
	} else if (request->last_modified) {
		strvec_addf(&t->headers, "If-Modified-Since: %s", request->last_modified);
	}
}

/* From t->url. */
static void send_request(struct transferring *t)
{
	strvec_clear(&t->headers);
	if (t->authorization && url_same_origin(t->url, t->origin))
		strvec_add(&t->headers, t->authorization);
	add_conditions(t);
	t->exchange.url = t->url;
	http_start(t->http, &t->exchange);
}

static void ask(void *data)
{
	struct transferring *t = data;

	t->attempts++;
	t->redirects = 0;
	free(t->url);
	t->url = xstrdup(t->origin);
	send_request(t);
}

/* --- answers --- */

static void fail(struct transferring *t)
{
	t->failed = true;
}

static int check_redirect(const struct transferring *t, const char *target, struct err *err)
{
	AUTO(freep) char *host = url_host(target);

	if (url_is_https(t->url) && !url_is_https(target))
		return err_set(err, ERR_PROTOCOL, "it redirects out of TLS, to '%s'", target);
	if (host && address_reach(host) == REACH_LINK_LOCAL)
		return err_set(err, ERR_PROTOCOL, "it redirects to a link-local address, '%s'",
			       target);
	return 0;
}

static void follow(struct transferring *t)
{
	const char *location = headers_get(&t->exchange.answer_headers, "Location");
	AUTO(freep) char *target = NULL;

	if (++t->redirects > REDIRECTS_MAX) {
		err_set(&t->err, ERR_PROTOCOL, "it redirects without end");
	} else if (!location) {
		err_set(&t->err, ERR_PROTOCOL, "it redirects to nowhere");
	} else if (url_resolve(t->url, location, &target, &t->err) == 0 &&
		   check_redirect(t, target, &t->err) == 0) {
		free(t->url);
		t->url = TAKE(target);
		send_request(t);
		return;
	}
	fail(t);
}

static bool may_try_again(const struct http_request *exchange)
{
	switch (exchange->outcome) {
	case HTTP_ANSWERED: return retry_status(exchange->status);
	case HTTP_BROKEN:
	case HTTP_STALLED: return true;
	case HTTP_NO_NAME:
	case HTTP_NO_CONNECTION:
	case HTTP_NO_PROXY:
	case HTTP_NO_TLS:
	case HTTP_BAD_CERTIFICATE:
	case HTTP_NO_AUTHORITIES:
	case HTTP_NO_CLIENT_CERTIFICATE:
	case HTTP_BAD_CLIENT_CERTIFICATE:
	case HTTP_REJECTED:
	case HTTP_GARBLED: return false;
	}
	return false;
}

static bool try_again(struct transferring *t)
{
	const struct http_request *exchange = &t->exchange;
	bool answered = exchange->outcome == HTTP_ANSWERED;
	long after = answered ? retry_after(headers_get(&exchange->answer_headers, "Retry-After"),
					    time(NULL))
			      : -1;
	long delay = may_try_again(exchange) ? retry_delay(&t->retry, t->attempts, after) : -1;

	if (delay < 0)
		return false;
	if (answered)
		monitor_text(t->request->monitor, t->request->step, EVENT_WARNING,
			     "'%s' answered %ld, trying again in %.1f s", t->origin,
			     exchange->status, (double)delay / 1000);
	else
		monitor_text(t->request->monitor, t->request->step, EVENT_WARNING,
			     "'%s': %s, trying again in %.1f s", t->origin,
			     failure_outcome_text(exchange), (double)delay / 1000);
	http_after(t->http, (unsigned)delay, ask, t);
	return true;
}

static void failure_of_answer(struct transferring *t)
{
	long status = t->exchange.status;

	if (status == 404 || status == 410) {
		err_set(&t->err, ERR_NOT_FOUND, "not found (%ld)", status);
		err_hint(&t->err, "check the address for a typing error");
	} else if (status == 401 || status == 403) {
		err_set(&t->err, ERR_DENIED, "access denied (%ld)", status);
	} else {
		err_set(&t->err, ERR_PROTOCOL, "the server answered %ld", status);
	}
}

static void failure_of_no_answer(struct transferring *t)
{
	const struct http_request *exchange = &t->exchange;

	if (exchange->outcome == HTTP_REJECTED)
		err_move(&t->err, &t->exchange.err);
	else if (exchange->reason[0])
		err_set(&t->err, ERR_NETWORK, "%s (%s)", failure_outcome_text(exchange),
			exchange->reason);
	else
		err_set(&t->err, ERR_NETWORK, "%s", failure_outcome_text(exchange));
	if (exchange->outcome == HTTP_BAD_CERTIFICATE)
		err_hint(&t->err, "name its CA certificate in SSL_CERT_FILE");
	if (exchange->outcome == HTTP_NO_PROXY)
		err_hint(&t->err, FAILURE_NO_PROXY_HINT);
	if (exchange->outcome == HTTP_NO_AUTHORITIES)
		err_hint(&t->err, FAILURE_NO_AUTHORITIES_HINT);
}

static void keep_result(struct transferring *t)
{
	const struct headers *headers = &t->exchange.answer_headers;
	struct download_result *result = t->result;

	result->unchanged = t->exchange.status == 304;
	result->size = t->written;
	result->etag = xstrdup_or_null(headers_get(headers, "ETag"));
	result->last_modified = xstrdup_or_null(headers_get(headers, "Last-Modified"));
	result->modified =
		result->last_modified ? (int64_t)libcurl.getdate(result->last_modified, NULL) : -1;
	monitor_transfer(t->request->monitor, t->request->step, "downloading", t->origin,
			 t->written, t->written);
}

static void on_status(struct transferring *t)
{
	bool conditional = t->request->etag || t->request->last_modified;

	switch (t->exchange.status) {
	case 200:
	case 206: keep_result(t); return;
	case 301:
	case 302:
	case 303:
	case 307:
	case 308: follow(t); return;
	case 304:
		if (conditional && t->written == 0) {
			keep_result(t);
			return;
		}
		break;
	case 416:
		/* What we have is not a beginning of what is there now. */
		if (t->written > 0) {
			t->written = 0;
			send_request(t);
			return;
		}
		break;
	default: break;
	}
	if (try_again(t))
		return;
	failure_of_answer(t);
	fail(t);
}

static void on_answer(struct http_request *exchange, void *data)
{
	struct transferring *t = data;

	if (exchange->outcome == HTTP_ANSWERED) {
		on_status(t);
		return;
	}
	if (try_again(t))
		return;
	failure_of_no_answer(t);
	fail(t);
}

/* --- all of it --- */

static void transferring_release(struct transferring *t)
{
	http_request_release(&t->exchange);
	http_freep(&t->http);
	strvec_release(&t->headers);
	free(t->origin);
	free(t->url);
	free(t->authorization);
	free(t->validator);
	err_release(&t->err);
}

static int run(struct transferring *t, struct err *err)
{
	t->exchange = (struct http_request){
		.method = HTTP_GET,
		.headers = &t->headers,
		.sink = &sink,
		.sink_data = t,
		.done = on_answer,
		.data = t,
	};
	ask(t);
	if (http_run(t->http, err) < 0)
		return -1;
	if (!t->failed)
		return 0;
	err_move(err, &t->err);
	return -1;
}

int download(const struct download_request *request, struct download_result *ret, struct err *err)
{
	const struct http_options options = { .monitor = request->monitor };
	AUTO(transferring_release)
	struct transferring t = {
		.request = request,
		.result = ret,
		.http = http_new(&options),
		.retry = RETRY_DEFAULT,
	};

	*ret = (struct download_result)DOWNLOAD_RESULT_INIT;
	if (open_address(&t, err) < 0)
		return -1;
	if (run(&t, err) == 0)
		return 0;
	return err && err->kind == ERR_CANCELLED ? -1 : err_wrap(err, "download '%s'", t.origin);
}
