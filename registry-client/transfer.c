#include "transfer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "certs.h"
#include "url.h"

#define BUFFER_SIZE         (512L * 1024) /* libcurl's greatest for receiving */
#define LIMITED_BUFFER_SIZE (16L * 1024)
#define CONNECT_TIMEOUT_MS  30000L
#define STALL_BYTES_PER_S   1000
#define PIECES_PER_S        8 /* under a limit of the rate */
#define LARGE_BODY          ((uint64_t)LIMIT_MIB)
#define PIECE_MIN           ((size_t)2 * LIMIT_KIB)

struct transfer {
	CURL *curl;
	struct curl_slist *headers;
	struct http_request *request;
	const struct transfer_limits *limits;
	struct transfer_list *list;
	uint64_t sent;
	bool by_http1; /* for the sake of a large body */
	bool begun;    /* the sink knows of the answer */
	bool rejected; /* by the sink or a limit */
	bool enough;   /* of a failure's text */
	bool stalled;
	uint64_t window_start_ms, window_bytes; /* for the stall timer */
};

CURL *transfer_handle(struct transfer *transfer)
{
	return transfer->curl;
}

struct http_request *transfer_request(const struct transfer *transfer)
{
	return transfer->request;
}

static long status_of(const struct transfer *transfer)
{
	long status = 0;

	libcurl.easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static bool is_content(long status)
{
	return status == 200 || status == 206;
}

/* --- callbacks of libcurl: anything but the whole length ends the transfer --- */

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;
	struct http_request *request = transfer->request;
	struct span line = { .ptr = data, .len = size * count };

	if (span_has_prefix(line, "HTTP/")) {
		headers_clear(&request->answer_headers);
		return line.len;
	}
	if (headers_add_line(&request->answer_headers, line, &request->err) < 0) {
		transfer->rejected = true;
		return 0;
	}
	return line.len;
}

static int begin_sink(struct transfer *transfer)
{
	struct http_request *request = transfer->request;

	if (transfer->begun || !request->sink || !request->sink->begin)
		return 0;
	transfer->begun = true;
	return request->sink->begin(request->sink_data, status_of(transfer),
				    &request->answer_headers, &request->err);
}

static int keep(struct transfer *transfer, const char *data, size_t len, bool content)
{
	struct http_request *request = transfer->request;
	size_t limit = content ? request->answer_limit : LIMIT_ERROR_BODY;

	if (len <= limit - request->answer.len) {
		str_addn(&request->answer, data, len);
		return 0;
	}
	if (!content) {
		transfer->enough = true;
		return -1;
	}
	return err_set(&request->err, ERR_LIMIT, "the answer is larger than %zu KiB",
		       limit / LIMIT_KIB);
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;
	struct http_request *request = transfer->request;
	size_t len = size * count;
	bool content = is_content(status_of(transfer));
	int result;

	if (content && request->sink) {
		result = begin_sink(transfer);
		if (result == 0)
			result = request->sink->write(request->sink_data, data, len, &request->err);
	} else {
		result = keep(transfer, data, len, content);
	}
	if (result == 0)
		return len;
	transfer->rejected = !transfer->enough;
	return len + 1;
}

/* libcurl waits after what was sent, so less at a time makes for an even flow. */
static size_t bounded_room(const struct transfer *transfer, size_t room)
{
	uint64_t rate = transfer->limits->rate;

	if (rate == 0 || room <= rate / PIECES_PER_S)
		return room;
	return rate / PIECES_PER_S > PIECE_MIN ? (size_t)(rate / PIECES_PER_S) : PIECE_MIN;
}

static size_t on_read(char *buffer, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;
	const struct http_body *body = &transfer->request->body;
	uint64_t left = body->size - transfer->sent;
	size_t room = bounded_room(transfer, size * count);
	size_t want = room < left ? room : (size_t)left;
	ssize_t got;

	if (body->data) {
		memcpy(buffer, (const char *)body->data + transfer->sent, want);
		got = (ssize_t)want;
	} else {
		got = pread(body->fd, buffer, want, (off_t)(body->offset + transfer->sent));
	}
	if (got < 0 || (got == 0 && want > 0)) {
		if (got < 0)
			err_errno(&transfer->request->err, "read what is to be sent");
		else
			err_set(&transfer->request->err, ERR_INPUT,
				"the file to be sent has become shorter");
		transfer->rejected = true;
		return CURL_READFUNC_ABORT;
	}
	transfer->sent += (uint64_t)got;
	if (transfer->request->sent)
		transfer->request->sent(transfer->request->data, transfer->sent);
	return (size_t)got;
}

/* libcurl rewinds when a reused connection turns out to be closed. */
static int on_seek(void *user, curl_off_t offset, int origin)
{
	struct transfer *transfer = user;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > transfer->request->body.size)
		return CURL_SEEKFUNC_FAIL;
	transfer->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* In the time of the stall timer; one that we hold back ourselves is not stalled. */
static uint64_t least_bytes(const struct transfer_limits *limits)
{
	uint64_t per_s = STALL_BYTES_PER_S;

	if (limits->rate > 0 && limits->rate / 4 < per_s)
		per_s = limits->rate / 4;
	return per_s * limits->stall_ms / 1000;
}

/*
 * The stall timer. Not libcurl's LOW_SPEED, which cannot tell a dead line from a registry that
 * takes its time to store the gigabyte it was just sent.
 */
static int on_progress(void *user, curl_off_t to_receive, curl_off_t received, curl_off_t to_send,
		       curl_off_t sent)
{
	struct transfer *transfer = user;
	uint64_t now = monotonic_ms(), bytes = (uint64_t)(received + sent);
	bool waits_for_answer = to_send > 0 && sent >= to_send && received == 0;
	uint64_t patience =
		waits_for_answer ? transfer->limits->answer_ms : transfer->limits->stall_ms;

	(void)to_receive;
	/* Less than before: libcurl has rewound. */
	if (bytes < transfer->window_bytes ||
	    bytes - transfer->window_bytes >= least_bytes(transfer->limits)) {
		transfer->window_bytes = bytes;
		transfer->window_start_ms = now;
	}
	transfer->stalled = now - transfer->window_start_ms > patience;
	return transfer->stalled;
}

/* --- set-up --- */

#define SET(transfer, option, value) (void)libcurl.easy_setopt((transfer)->curl, option, value)

static void set_method(struct transfer *transfer, bool no_http1)
{
	const struct http_request *request = transfer->request;
	bool sends = request->body.size > 0 || request->method == HTTP_PUT ||
		     request->method == HTTP_PATCH;

	if (request->method == HTTP_HEAD) {
		SET(transfer, CURLOPT_NOBODY, 1L);
	} else if (sends) {
		SET(transfer, CURLOPT_UPLOAD, 1L);
		SET(transfer, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body.size);
		SET(transfer, CURLOPT_READFUNCTION, on_read);
		SET(transfer, CURLOPT_READDATA, transfer);
		SET(transfer, CURLOPT_SEEKFUNCTION, on_seek);
		SET(transfer, CURLOPT_SEEKDATA, transfer);
		SET(transfer, CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_SIZE);
		/*
		 * nginx lets a stream of HTTP/2 have 64 KiB under way (http2_body_preread_size), which on a line of 50 ms is 1.3
		 * MB/s; a connection of its own has what TCP finds out. Answers are not held up so: they are HTTP/2.
		 */
		transfer->by_http1 = request->body.size >= LARGE_BODY && !no_http1;
		if (transfer->by_http1)
			SET(transfer, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	} else if (request->method == HTTP_POST) {
		SET(transfer, CURLOPT_POSTFIELDS, "");
		SET(transfer, CURLOPT_POSTFIELDSIZE, 0L);
	}
	if (request->method != HTTP_GET && request->method != HTTP_HEAD)
		SET(transfer, CURLOPT_CUSTOMREQUEST, http_method_name(request->method));
}

static void set_headers(struct transfer *transfer)
{
	const struct strvec *headers = transfer->request->headers;

	/* The form type that libcurl would claim for a POST. */
	if (transfer->request->method == HTTP_POST && transfer->request->body.size == 0)
		transfer->headers = libcurl.slist_append(transfer->headers, "Content-Type:");
	for (size_t i = 0; headers && i < headers->len; i++)
		transfer->headers = libcurl.slist_append(transfer->headers, headers->items[i]);
	SET(transfer, CURLOPT_HTTPHEADER, transfer->headers);
	SET(transfer, CURLOPT_USERAGENT, "edgectl/" EDGECTL_VERSION);
}

static void set_callbacks(struct transfer *transfer)
{
	SET(transfer, CURLOPT_HEADERFUNCTION, on_header);
	SET(transfer, CURLOPT_HEADERDATA, transfer);
	SET(transfer, CURLOPT_WRITEFUNCTION, on_body);
	SET(transfer, CURLOPT_WRITEDATA, transfer);
	SET(transfer, CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(transfer, CURLOPT_XFERINFODATA, transfer);
	SET(transfer, CURLOPT_NOPROGRESS, 0L);
	SET(transfer, CURLOPT_PRIVATE, transfer);
	SET(transfer, CURLOPT_ERRORBUFFER, transfer->request->reason);
}

/* Beside those of the system's certificate directory, which libcurl always reads. */
static void set_authorities(struct transfer *transfer, const struct certs *certs)
{
	const char *file = getenv("SSL_CERT_FILE"), *dir = getenv("SSL_CERT_DIR");

	if (certs && certs->authorities.len > 0) {
		struct curl_blob blob = { .data = certs->authorities.ptr,
					  .len = certs->authorities.len,
					  .flags = CURL_BLOB_NOCOPY };

		SET(transfer, CURLOPT_CAINFO_BLOB, &blob);
	} else if (file && *file) {
		/* As docker, skopeo and every other user of OpenSSL's or Go's defaults. */
		SET(transfer, CURLOPT_CAINFO, file);
	}
	if (dir && *dir)
		SET(transfer, CURLOPT_CAPATH, dir);
}

static void set_tls(struct transfer *transfer)
{
	const struct http_request *request = transfer->request;

	set_authorities(transfer, request->certs);
	if (request->certs && request->certs->certificate) {
		SET(transfer, CURLOPT_SSLCERT, request->certs->certificate);
		SET(transfer, CURLOPT_SSLKEY, request->certs->key);
	}
	if (request->unverified) {
		SET(transfer, CURLOPT_SSL_VERIFYPEER, 0L);
		SET(transfer, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void set_connection(struct transfer *transfer)
{
	const struct http_request *request = transfer->request;

	SET(transfer, CURLOPT_URL, request->url);
	SET(transfer, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(transfer, CURLOPT_NOSIGNAL, 1L);
	SET(transfer, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(transfer, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	SET(transfer, CURLOPT_BUFFERSIZE,
	    transfer->limits->rate > 0 ? LIMITED_BUFFER_SIZE : BUFFER_SIZE);
	/* Without it, an abandoned look-up of a name delays Ctrl-C until it times out. */
	SET(transfer, CURLOPT_QUICK_EXIT, 1L);
	if (request->direct)
		SET(transfer, CURLOPT_PROXY, "");
}

void transfer_limit(struct transfer *transfer)
{
	curl_off_t rate = (curl_off_t)transfer->limits->rate;

	SET(transfer, CURLOPT_MAX_SEND_SPEED_LARGE, rate);
	SET(transfer, CURLOPT_MAX_RECV_SPEED_LARGE, rate);
}

struct transfer *transfer_new(struct http_request *request, const struct transfer_limits *limits,
			      struct transfer_list *list, bool no_http1)
{
	struct transfer *transfer = xcalloc(1, sizeof(*transfer));

	_Static_assert(sizeof(request->reason) >= CURL_ERROR_SIZE, "libcurl writes there");
	transfer->curl = libcurl.easy_init();
	if (!transfer->curl)
		abort();
	transfer->request = request;
	transfer->limits = limits;
	transfer->list = list;
	transfer->window_start_ms = monotonic_ms();
	set_connection(transfer);
	set_tls(transfer);
	set_method(transfer, no_http1);
	set_headers(transfer);
	set_callbacks(transfer);
	*VEC_ADD(list) = transfer;
	return transfer;
}

void transfer_free(struct transfer *transfer)
{
	struct transfer_list *list = transfer->list;

	for (size_t i = 0; i < list->len; i++) {
		if (list->items[i] == transfer) {
			list->items[i] = list->items[--list->len];
			break;
		}
	}
	libcurl.easy_cleanup(transfer->curl);
	libcurl.slist_free_all(transfer->headers);
	free(transfer);
}

/* --- the end --- */

static const struct {
	CURLcode code;
	enum http_outcome outcome;
} outcomes[] = {
	{ CURLE_OK, HTTP_ANSWERED },
	{ CURLE_COULDNT_RESOLVE_HOST, HTTP_NO_NAME },
	{ CURLE_COULDNT_RESOLVE_PROXY, HTTP_NO_PROXY },
	{ CURLE_COULDNT_CONNECT, HTTP_NO_CONNECTION },
	{ CURLE_OPERATION_TIMEDOUT,
	  HTTP_NO_CONNECTION }, /* ours is the stall timer: this is the connect timeout */
	{ CURLE_SSL_CONNECT_ERROR, HTTP_NO_TLS },
	{ CURLE_PEER_FAILED_VERIFICATION, HTTP_BAD_CERTIFICATE },
	{ CURLE_SSL_CERTPROBLEM, HTTP_BAD_CLIENT_CERTIFICATE },
	{ CURLE_SSL_CACERT_BADFILE, HTTP_NO_AUTHORITIES },
	{ CURLE_SSL_ISSUER_ERROR, HTTP_BAD_CERTIFICATE },
	{ CURLE_SEND_ERROR, HTTP_BROKEN },
	{ CURLE_RECV_ERROR, HTTP_BROKEN },
	{ CURLE_GOT_NOTHING, HTTP_BROKEN },
	{ CURLE_PARTIAL_FILE, HTTP_BROKEN },
	{ CURLE_SEND_FAIL_REWIND, HTTP_BROKEN },
	{ CURLE_HTTP2, HTTP_BROKEN },
	{ CURLE_HTTP2_STREAM, HTTP_BROKEN },
};

static enum http_outcome outcome_of(CURLcode code)
{
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		if (outcomes[i].code == code)
			return outcomes[i].outcome;
	}
	return HTTP_GARBLED;
}

/* libcurl's sentence names host and port again; the system's says why. */
static void explain_connection(struct transfer *transfer, char *reason, size_t size)
{
	long errnum = 0;

	libcurl.easy_getinfo(transfer->curl, CURLINFO_OS_ERRNO, &errnum);
	if (errnum == 0)
		return;
	snprintf(reason, size, "%s", strerrordesc_np((int)errnum));
	reason[0] = (char)tolower((unsigned char)reason[0]);
}

/*
 * libcurl has no outcomes of its own for a proxy but one. Whom it could not connect to is in its sentence, "Failed to connect to
 * HOST port N"; what the proxy said is known.
 */
static bool is_of_proxy(const struct transfer *transfer)
{
	static const char text[] = "Failed to connect to ";
	const struct http_request *request = transfer->request;
	AUTO(freep) char *host = url_host(request->url);
	long answer = 0;

	libcurl.easy_getinfo(transfer->curl, CURLINFO_HTTP_CONNECTCODE, &answer);
	if (answer >= 300)
		return true;
	if (request->outcome != HTTP_NO_CONNECTION)
		return false;
	if (str_has_prefix(request->reason, text))
		return host && !str_has_prefix(request->reason + strlen(text), host);
	return strstr(request->reason, "proxy") != NULL;
}

/*
 * A server that is not content with our certificate, or the lack of it, says so in a TLS alert, which
 * comes after our side of the handshake is done (RFC 8446 section 4.4.2.4, RFC 5246 section 7.2.2).
 */
static bool wants_client_certificate(const struct http_request *request)
{
	const char *alert = strstr(request->reason, " alert ");

	return (request->outcome == HTTP_NO_TLS || request->outcome == HTTP_BROKEN) && alert &&
	       (strstr(alert, "certificate") || strstr(alert, "unknown ca"));
}

void transfer_finish(struct transfer *transfer, CURLcode code)
{
	struct http_request *request = transfer->request;
	curl_off_t tls_time = 0;

	libcurl.easy_setopt(transfer->curl, CURLOPT_ERRORBUFFER, NULL);
	request->status = status_of(transfer);
	request->body_sent = transfer->sent;
	libcurl.easy_getinfo(transfer->curl, CURLINFO_APPCONNECT_TIME_T, &tls_time);
	request->over_tls = tls_time > 0;
	if (transfer->stalled)
		request->outcome = HTTP_STALLED;
	else if (transfer->rejected)
		request->outcome = HTTP_REJECTED;
	else if (transfer->enough)
		request->outcome = HTTP_ANSWERED;
	else
		request->outcome = outcome_of(code);
	if (wants_client_certificate(request))
		request->outcome = HTTP_NO_CLIENT_CERTIFICATE;
	/* An answer without a body has not been announced yet. */
	if (request->outcome == HTTP_ANSWERED && is_content(request->status) &&
	    begin_sink(transfer) < 0)
		request->outcome = HTTP_REJECTED;
	if (is_of_proxy(transfer))
		request->outcome = HTTP_NO_PROXY;
	if (request->outcome == HTTP_NO_CONNECTION)
		explain_connection(transfer, request->reason, sizeof(request->reason));
	if (request->outcome != HTTP_ANSWERED && request->outcome != HTTP_REJECTED &&
	    !request->reason[0])
		strncat(request->reason, libcurl.easy_strerror(code), sizeof(request->reason) - 1);
}

/*
 * Without a protocol in common a server ends the handshake (RFC 7301 section 3.2), closes after it, or sends frames of HTTP/2
 * nevertheless; one behind a front answers 505 (RFC 9110 section 15.6.6) or 426.
 */
bool transfer_lacks_http2(const struct transfer *transfer)
{
	const struct http_request *request = transfer->request;

	if (!transfer->by_http1 || !url_is_https(request->url))
		return false;
	if (request->outcome == HTTP_ANSWERED)
		return request->status == 505 || request->status == 426;
	if (request->outcome == HTTP_NO_TLS)
		return strstr(request->reason, "no application protocol") != NULL;
	return request->over_tls && (request->outcome == HTTP_GARBLED ||
				     (request->outcome == HTTP_BROKEN && request->body_sent == 0));
}
