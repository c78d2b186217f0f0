/*
 * One file from a web server, by its HTTP or HTTPS address: along redirects, again when the
 * connection breaks (from where it broke, if the server can), and not at all when the caller has it
 * already. No registry and none of its credentials take part; a user name and password in the
 * address are sent to that server only (RFC 7617), and stand in no message.
 *
 *	struct download_request request = { .url = url, .sink = &sink, .sink_data = file };
 *	AUTO(download_result_release) struct download_result result = DOWNLOAD_RESULT_INIT;
 *
 *	if (download(&request, &result, err) < 0) ...
 */
#ifndef REGISTRY_DOWNLOAD_H
#define REGISTRY_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monitor.h"

/* Takes the content as it comes. A function that returns -1 ends the download with its error. */
struct download_sink {
	/* What was written so far is void: before the first byte, and when it starts over. */
	int (*restart)(void *data, struct err *err);
	int (*write)(void *data, const void *bytes, size_t len, struct err *err);
};

/* All borrowed for the call. */
struct download_request {
	const char *url;
	/*
	 * What an earlier result said of the content that the caller still has; NULL = unknown. The
	 * server is then asked for anything else (RFC 9110 section 13.1).
	 */
	const char *etag, *last_modified;
	uint64_t limit; /* greatest size in bytes; 0 = LIMIT_LAYER_SIZE */
	const struct download_sink *sink;
	void *sink_data;
	const struct monitor *monitor; /* NULL = silent, not cancellable */
	unsigned step;                 /* that transfers are reported to */
};

struct download_result {
	bool unchanged; /* the caller has it; nothing was written */
	uint64_t size;
	char *etag, *last_modified; /* as the server sent them; NULL = it did not */
	int64_t modified;           /* the latter in seconds since the epoch; -1 = unknown */
};

#define DOWNLOAD_RESULT_INIT  \
	{                     \
		.etag = NULL, \
	}

void download_result_release(struct download_result *result);

/*
 * ERR_INPUT for what is no such address, ERR_NOT_FOUND (404, 410), ERR_DENIED (401, 403),
 * ERR_LIMIT, ERR_NETWORK, ERR_PROTOCOL, ERR_CANCELLED, and the sink's own. Messages name the
 * address.
 */
WARN_UNUSED int download(const struct download_request *request, struct download_result *ret,
			 struct err *err);

/*
 * The last component of the address's path, percent-decoded: what a file of it would be called.
 * NULL when it has none that could be a file's name. The caller frees.
 */
char *download_name(const char *text);
/* The address without user name and password, for messages; the caller frees. */
char *download_shown_url(const char *text);

#endif
