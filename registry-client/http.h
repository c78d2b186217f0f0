/*
 * HTTP exchanges, many at once, over libcurl's multi interface. One exchange is one question and
 * its answer: no redirects, no credentials, no second tries - those belong to call.h. Everything
 * runs in the thread that calls http_run(), callbacks too.
 *
 *	struct http_request request = { .method = HTTP_GET, .url = url, .done = on_done };
 *
 *	http_start(http, &request);
 *	if (http_run(http, err) < 0) ...
 *	http_request_release(&request);
 */
#ifndef REGISTRY_HTTP_H
#define REGISTRY_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monitor.h"
#include "base/str.h"
#include "base/vec.h"
#include "headers.h"

struct certs;
struct http;
struct transfer;

struct http_options {
	const struct monitor *monitor; /* borrowed; NULL = not cancellable */
	/* A transfer that moves less than 1 kB/s for so long is broken; 0 = 30. */
	unsigned stall_seconds;
	/* The same while the answer to a body that was sent is awaited; 0 = 300. */
	unsigned answer_seconds;
	uint64_t rate_limit; /* bytes per second of all exchanges together, each way; 0 = none */
};

struct http *http_new(const struct http_options *options);
void http_freep(struct http **http);

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE };

const char *http_method_name(enum http_method method);

/*
 * What is sent: bytes, or a range of a file that pread(2) can read, so that it can be sent again.
 */
struct http_body {
	const void *data;
	int fd; /* used when data is NULL */
	uint64_t offset, size;
};

/*
 * Takes the body of a 200 or 206 as it comes. A function that returns -1 ends the exchange with its
 * error.
 */
struct http_sink {
	/* The header is complete; before the first byte. */
	int (*begin)(void *data, long status, const struct headers *headers, struct err *err);
	int (*write)(void *data, const void *bytes, size_t len, struct err *err);
};

enum http_outcome {
	HTTP_ANSWERED,      /* `status` says how */
	HTTP_NO_NAME,       /* the host's name does not resolve */
	HTTP_NO_CONNECTION, /* nobody listens there, or no way to it */
	HTTP_NO_TLS,        /* something listens that does not speak TLS, or not ours */
	HTTP_BAD_CERTIFICATE,
	HTTP_NO_AUTHORITIES, /* this machine has no certificates to check one with, or cannot read them */
	HTTP_NO_CLIENT_CERTIFICATE,  /* it wants to know who we are, or does not know us */
	HTTP_BAD_CLIENT_CERTIFICATE, /* ours cannot be used */
	HTTP_NO_PROXY,               /* the environment's proxy is not there, or will not */
	HTTP_BROKEN,                 /* reset or closed in the middle */
	HTTP_STALLED,                /* open, but nothing moves */
	HTTP_REJECTED,               /* by the sink, or a limit: see `err` */
	HTTP_GARBLED,                /* not HTTP */
};

struct http_request {
	/* the question; all borrowed until done */
	enum http_method method;
	const char *url;
	const struct strvec *headers; /* "Name: value"; NULL = none */
	struct http_body body;
	const struct certs *certs;    /* NULL = the system's authorities */
	bool unverified;              /* take any certificate */
	bool direct;                  /* past the proxy of the environment */
	size_t answer_limit;          /* of `answer`; a failure's text is cut at LIMIT_ERROR_BODY */
	const struct http_sink *sink; /* NULL = the body goes to `answer` */
	void *sink_data;
	void (*sent)(void *data, uint64_t bytes); /* progress of the body; NULL = none wanted */
	/*
	 * The exchange is over, and `request` may be started anew from here. Not called when
	 * http_run() fails.
	 */
	void (*done)(struct http_request *request, void *data);
	void *data;

	/* the answer */
	enum http_outcome outcome;
	long status; /* 0 = none came */
	struct headers answer_headers;
	struct str answer;
	uint64_t body_sent; /* bytes of the body that left for the connection */
	bool over_tls;      /* a connection with TLS was there, whatever became of it */
	char reason[256];   /* of an outcome other than HTTP_ANSWERED, for people; "" = see err */
	struct err err;     /* HTTP_REJECTED */
	struct transfer *transfer; /* private; NULL = not under way */
};

/* Clears the answer and queues the exchange. */
void http_start(struct http *http, struct http_request *request);
/* Ends the exchange without done(), if it is under way, and frees the answer. */
void http_request_release(struct http_request *request);

/* Calls fn(data) once, `delay_ms` from now, out of http_run(). */
void http_after(struct http *http, unsigned delay_ms, void (*fn)(void *data), void *data);

/*
 * Calls work(data) in a thread of its own, so that what waits for the disk holds up no exchange; then
 * done(data) out of http_run(). The work is waited for even when everything is dropped, without
 * done() then.
 */
void http_offload(struct http *http, void (*work)(void *data), void (*done)(void *data),
		  void *data);

/*
 * Runs until no exchange, no timer and no work is left. Callbacks start further ones. ERR_CANCELLED
 * when the monitor says so: all are then dropped.
 */
WARN_UNUSED int http_run(struct http *http, struct err *err);
/* Drops all exchanges and timers without calling anybody: http_run() returns. */
void http_abort(struct http *http);

#endif
