/*
 * Files of web servers as blobs of the store. What was downloaded once is asked for only in case
 * that it has changed (ETag, Last-Modified), and not at all when its digest is known and there.
 */
#ifndef CONTEXT_HTTP_FILE_H
#define CONTEXT_HTTP_FILE_H

#include <stdint.h>

#include "base/err.h"
#include "base/monitor.h"
#include "image/digest.h"
#include "image/store.h"

/* All borrowed. */
struct http_file_request {
	const char *url;
	const struct digest *checksum; /* ADD --checksum; NULL = whatever comes */
	struct store *store;
	const struct monitor *monitor;
	unsigned step; /* that transfers are reported to */
};

struct http_file {
	struct digest digest;
	int64_t modified; /* seconds since the epoch; 0 = the server does not say */
};

/* ERR_DIGEST when it is not what the checksum says; those of download() (registry/download.h). */
WARN_UNUSED int http_file_fetch(const struct http_file_request *request, struct http_file *ret,
				struct err *err);

#endif
