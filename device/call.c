#include "call.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "engine.h"

#define IDLE_MS_USUAL 30000
#define POLL_MS       1000

void engine_call_release(struct engine_call *call)
{
	free(call->path);
	str_release(&call->answer);
}

/* --- the path --- */

static void add_escaped(struct str *out, const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text; text++) {
		if (strchr(plain, *text))
			str_addc(out, *text);
		else
			str_addf(out, "%%%02X", (unsigned char)*text);
	}
}

void engine_call_path(struct engine_call *call, const char *fmt, ...)
{
	struct str path = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			str_addc(&path, *fmt);
			continue;
		}
		fmt++;
		if (*fmt == 's')
			add_escaped(&path, va_arg(ap, const char *));
		else if (*fmt == 'u' || *fmt == 'd')
			str_addf(&path, *fmt == 'u' ? "%u" : "%d", va_arg(ap, int));
		else
			abort();
	}
	va_end(ap);
	free(call->path);
	call->path = str_detach(&path);
}

void engine_call_query(struct engine_call *call, const char *key, const char *value)
{
	struct str path = STR_INIT;

	str_add(&path, call->path);
	str_addc(&path, strchr(call->path, '?') ? '&' : '?');
	add_escaped(&path, key);
	str_addc(&path, '=');
	add_escaped(&path, value);
	free(call->path);
	call->path = str_detach(&path);
}

/* --- one exchange --- */

struct exchange {
	struct engine_call *call;
	struct connection_line line;
	struct curl_slist *headers;
	char *url;
	struct str body;
	bool rejected; /* by produce, consume or a limit: err says why */
	bool is_lost;  /* nothing moved for too long */
	uint64_t moved, moved_at_ms;
	struct err err;
	char reason[CURL_ERROR_SIZE];
};

static void exchange_release(struct exchange *exchange)
{
	engine_curl.slist_free_all(exchange->headers);
	free(exchange->url);
	str_release(&exchange->body);
	err_release(&exchange->err);
}

static int take(struct exchange *exchange, const char *data, size_t len)
{
	struct engine_call *call = exchange->call;
	long status = 0;
	size_t limit = ENGINE_ANSWER_LIMIT;

	engine_curl.easy_getinfo(exchange->line.easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 400)
		limit = LIMIT_ERROR_BODY;
	else if (call->consume)
		return call->consume(call->data, data, len, &exchange->err);
	if (len > limit - call->answer.len)
		return err_set(&exchange->err, ERR_LIMIT, "the answer is larger than %zu MiB",
			       limit / LIMIT_MIB);
	str_addn(&call->answer, data, len);
	return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
	struct exchange *exchange = user;

	if (take(exchange, data, size * count) == 0)
		return size * count;
	exchange->rejected = true;
	return CURL_WRITEFUNC_ERROR;
}

static size_t on_read(char *buffer, size_t size, size_t count, void *user)
{
	struct exchange *exchange = user;
	size_t len = 0;

	if (exchange->call->produce(exchange->call->data, buffer, size * count, &len,
				    &exchange->err) == 0)
		return len;
	exchange->rejected = true;
	return CURL_READFUNC_ABORT;
}

static int on_progress(void *user, curl_off_t to_receive, curl_off_t received, curl_off_t to_send,
		       curl_off_t sent)
{
	struct exchange *exchange = user;
	uint32_t patience = exchange->call->idle_ms ? exchange->call->idle_ms : IDLE_MS_USUAL;
	uint64_t moved = (uint64_t)(received + sent), now = monotonic_ms();

	(void)to_receive;
	(void)to_send;
	if (moved != exchange->moved) {
		exchange->moved = moved;
		exchange->moved_at_ms = now;
	}
	exchange->is_lost =
		patience != ENGINE_NO_DEADLINE && now - exchange->moved_at_ms > patience;
	return exchange->is_lost;
}

#define SET(exchange, option, value) \
	(void)engine_curl.easy_setopt((exchange)->line.easy, option, value)

static void add_header(struct exchange *exchange, const char *text)
{
	exchange->headers = engine_curl.slist_append(exchange->headers, text);
}

static void set_body(struct exchange *exchange)
{
	const struct engine_call *call = exchange->call;
	AUTO(freep) char *type = NULL;

	if (call->produce) {
		type = xasprintf("Content-Type: %s", call->content_type);
		add_header(exchange, type);
		add_header(exchange, "Transfer-Encoding: chunked");
		SET(exchange, CURLOPT_UPLOAD, 1L);
		SET(exchange, CURLOPT_READFUNCTION, on_read);
		SET(exchange, CURLOPT_READDATA, exchange);
	} else if (!str_eq(call->method, "GET") && !str_eq(call->method, "HEAD")) {
		add_header(exchange, "Content-Type: application/json");
		if (call->body)
			json_write(call->body, &exchange->body);
		SET(exchange, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body.len);
		SET(exchange, CURLOPT_POSTFIELDS, exchange->body.ptr);
	}
	if (str_eq(call->method, "HEAD"))
		SET(exchange, CURLOPT_NOBODY, 1L);
	else if (!str_eq(call->method, "GET"))
		SET(exchange, CURLOPT_CUSTOMREQUEST, call->method);
	/* No pause for a "100 Continue" that engines do not send. */
	add_header(exchange, "Expect:");
}

static void add_auth(struct exchange *exchange)
{
	AUTO(freep) char *header = xasprintf("X-Registry-Auth: %s", exchange->call->registry_auth);

	add_header(exchange, header);
	explicit_bzero(header, strlen(header));
}

static void set_up(struct exchange *exchange, const struct engine *engine)
{
	const char *base = connection_url(engine->connection);
	unsigned minor = engine->about.api_minor;

	exchange->url = minor > 0 ? xasprintf("%s/v1.%u%s", base, minor, exchange->call->path)
				  : xasprintf("%s%s", base, exchange->call->path);
	exchange->moved_at_ms = monotonic_ms();
	SET(exchange, CURLOPT_URL, exchange->url);
	SET(exchange, CURLOPT_USERAGENT, "edgectl/" EDGECTL_VERSION);
	SET(exchange, CURLOPT_WRITEFUNCTION, on_body);
	SET(exchange, CURLOPT_WRITEDATA, exchange);
	SET(exchange, CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(exchange, CURLOPT_XFERINFODATA, exchange);
	SET(exchange, CURLOPT_NOPROGRESS, 0L);
	SET(exchange, CURLOPT_ERRORBUFFER, exchange->reason);
	set_body(exchange);
	if (exchange->call->registry_auth)
		add_auth(exchange);
	SET(exchange, CURLOPT_HTTPHEADER, exchange->headers);
}

/* libcurl's multi interface with one handle: the wait ends at once when the user stops us. */
static CURLcode perform(struct exchange *exchange, const struct monitor *monitor)
{
	CURLM *multi = exchange->line.multi;
	CURLcode code = CURLE_ABORTED_BY_CALLBACK;
	int running = 1, left = 0;

	if (engine_curl.multi_add_handle(multi, exchange->line.easy) != CURLM_OK)
		abort();
	while (!monitor_is_cancelled(monitor)) {
		struct curl_waitfd cancel = { .fd = monitor ? monitor->cancel_fd : -1,
					      .events = CURL_WAIT_POLLIN };
		CURLMsg *message = NULL;

		(void)engine_curl.multi_perform(multi, &running);
		message = engine_curl.multi_info_read(multi, &left);
		if (message) {
			code = message->data.result;
			break;
		}
		(void)engine_curl.multi_poll(multi, &cancel, cancel.fd >= 0, POLL_MS, NULL);
	}
	(void)engine_curl.multi_remove_handle(multi, exchange->line.easy);
	return code;
}

/* --- what went wrong --- */

static enum err_kind kind_of(long status)
{
	switch (status) {
	case 401:
	case 403: return ERR_DENIED;
	case 404: return ERR_NOT_FOUND;
	case 400:
	case 409: return ERR_INPUT;
	default: return ERR_SYSTEM;
	}
}

int engine_says(enum err_kind kind, const char *message, struct err *err)
{
	(void)err_set(err, kind, "%s", message);
	if (strstr(message, "no space left on device"))
		(void)err_hint(err, "the board's disk is full: 'docker system prune' there frees "
				    "what no container uses; "
				    "'edgectl device info' shows how much is free");
	return -1;
}

/* {"message": "..."}, or {"cause": ..., "message": ...} of Podman; plain text of a proxy in between. */
static int refuse(const struct engine_call *call, struct err *err)
{
	json_t *json = NULL;
	const char *message = NULL;

	if (json_parse(str_span(&call->answer), "the answer", &json, NULL) == 0)
		message = json_get_string(json, "message");
	if (message && *message) {
		(void)engine_says(kind_of(call->status), message, err);
	} else if (strstr(call->answer.ptr, "HTTP request to an HTTPS server")) {
		(void)err_set(err, ERR_DENIED, "it wants TLS");
		(void)err_hint(
			err,
			"its address is tcp+tls://HOST:PORT, and the certificates are named by "
			"edgectl device add --certs DIR NAME ADDRESS");
	} else {
		(void)err_set(err, kind_of(call->status), "the engine answered with status %ld",
			      call->status);
	}
	json_decref(json);
	return -1;
}

#define CERTIFICATES "ca.pem, cert.pem and key.pem of the board must be there, and belong together"

static const struct {
	CURLcode code;
	enum err_kind kind;
	const char *hint;
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, ERR_NETWORK,
	  "try the board's address, or look for it: edgectl device scan" },
	{ CURLE_COULDNT_CONNECT, ERR_NETWORK,
	  "is the board on and in this network, and does its engine listen there?" },
	{ CURLE_OPERATION_TIMEDOUT, ERR_NETWORK,
	  "is the board on and in this network, and does its engine listen there?" },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_DENIED,
	  "the board's certificate is not signed by the ca.pem that belongs to it" },
	{ CURLE_SSL_CERTPROBLEM, ERR_DENIED, CERTIFICATES },
	{ CURLE_SSL_CACERT_BADFILE, ERR_DENIED, CERTIFICATES },
};

#define SIGNED \
	"cert.pem must be signed by the authority that the board trusts, and not have expired"

/* What OpenSSL says of a connection that came to nothing, and what it means; the first that fits. */
static const struct {
	const char *words, *message, *hint;
} tls_failures[] = {
	{ "wrong version number", "no TLS is spoken there",
	  "for a connection without encryption, in a lab: tcp://HOST:PORT" },
	{ "certificate has expired", "its certificate has expired",
	  "renew it; or is a clock wrong, there or here?" },
	{ "not yet valid", "its certificate is not valid yet", "is a clock wrong, there or here?" },
	{ "subject name", NULL,
	  "its certificate is for another name: use that one, or make a certificate with this one "
	  "as "
	  "subjectAltName" },
	{ "alert certificate expired", "it refuses the client certificate, which has expired",
	  "renew cert.pem; or is a clock wrong, there or here?" },
	{ "alert certificate required", "it wants a client certificate",
	  "name the directory of ca.pem, cert.pem and key.pem: edgectl device add --certs DIR NAME "
	  "ADDRESS" },
	{ "alert bad certificate", "it refuses the client certificate", SIGNED },
	{ "alert unknown ca", "it refuses the client certificate", SIGNED },
	{ "alert certificate", "it refuses the client certificate",
	  "cert.pem must be signed by the authority that the board trusts, and be for a client" },
};

/* The end of a connection on which nothing was answered yet; the board's reason can be lost on the way. */
static const char *const ends[] = { "getpeername", "Connection reset",  "Broken pipe",
				    "Empty reply", "SSL_ERROR_SYSCALL", "unexpected eof" };

static bool explain_tls(const struct engine *engine, const char *reason, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(tls_failures); i++) {
		if (!strstr(reason, tls_failures[i].words))
			continue;
		(void)err_set(err, ERR_DENIED, "%s", tls_failures[i].message ?: reason);
		(void)err_hint(err, "%s", tls_failures[i].hint);
		return true;
	}
	for (size_t i = 0; engine->about.api_minor == 0 && i < ARRAY_SIZE(ends); i++) {
		if (!strstr(reason, ends[i]))
			continue;
		(void)err_set(err, ERR_DENIED, "it ends the connection");
		(void)err_hint(err, "so does one that refuses the client certificate: " SIGNED);
		return true;
	}
	return false;
}

static int broken(struct exchange *exchange, const struct engine *engine, CURLcode code,
		  struct err *err)
{
	const char *reason =
		exchange->reason[0] ? exchange->reason : engine_curl.easy_strerror(code);

	if (connection_explain(engine->connection, err))
		return -1;
	if (exchange->is_lost)
		return err_set(err, ERR_NETWORK, "no answer, and nothing moved for %u s",
			       (exchange->call->idle_ms ? exchange->call->idle_ms : IDLE_MS_USUAL) /
				       1000);
	if (engine->address.transport == DEVICE_TLS && explain_tls(engine, reason, err))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		if (failures[i].code != code)
			continue;
		(void)err_set(err, failures[i].kind, "%s", reason);
		return err_hint(err, "%s", failures[i].hint);
	}
	return err_set(err, ERR_NETWORK, "%s", reason);
}

static int conclude(struct exchange *exchange, const struct engine *engine,
		    const struct monitor *monitor, CURLcode code, struct err *err)
{
	struct engine_call *call = exchange->call;

	engine_curl.easy_getinfo(exchange->line.easy, CURLINFO_RESPONSE_CODE, &call->status);
	if (exchange->rejected) {
		if (err)
			err_move(err, &exchange->err);
		return -1;
	}
	if (code == CURLE_OK)
		return call->status >= 400 ? refuse(call, err) : 0;
	/* An engine refuses a body before it has read all of it. */
	if (call->status >= 400 && call->answer.len > 0)
		return refuse(call, err);
	if (monitor_check(monitor, err) < 0)
		return -1;
	return broken(exchange, engine, code, err);
}

int engine_call_locked(struct engine *engine, struct engine_call *call, struct err *err)
{
	bool is_awaited = call->is_awaited || atomic_load(&engine->ignores_cancel);
	const struct monitor *usual = is_awaited ? NULL : engine->monitor;
	const struct monitor *monitor = call->monitor ? call->monitor : usual;
	AUTO(exchange_release)
	struct exchange exchange = { .call = call, .body = STR_INIT, .err = ERR_INIT };
	CURLcode code = CURLE_OK;
	int status = 0;

	str_release(&call->answer);
	str_init(&call->answer, 0);
	if (!engine->connection)
		return err_set(err, ERR_NETWORK, "board '%s': the connection is lost",
			       engine->name);
	exchange.line = connection_borrow(engine->connection);
	set_up(&exchange, engine);
	code = perform(&exchange, monitor);
	status = conclude(&exchange, engine, monitor, code, err);
	connection_return(engine->connection, exchange.line, code == CURLE_OK);
	if (status < 0 && err && err->kind != ERR_CANCELLED)
		return err_wrap(err, "board '%s': %s", engine->name, call->what);
	return status;
}

int engine_call(struct engine *engine, struct engine_call *call, struct err *err)
{
	int status = 0;

	pthread_rwlock_rdlock(&engine->lock);
	status = engine_call_locked(engine, call, err);
	pthread_rwlock_unlock(&engine->lock);
	return status;
}

int engine_call_json(struct engine *engine, struct engine_call *call, json_t **ret, struct err *err)
{
	if (engine_call(engine, call, err) < 0)
		return -1;
	if (json_parse(str_span(&call->answer), "the answer", ret, err) == 0)
		return 0;
	if (err)
		err->kind = ERR_PROTOCOL;
	return err_wrap(err, "board '%s': %s", engine->name, call->what);
}
