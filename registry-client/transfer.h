/* One libcurl easy handle that carries one struct http_request. Private to http.c. */
#ifndef REGISTRY_TRANSFER_H
#define REGISTRY_TRANSFER_H

#include "libcurl.h"
#include <stdint.h>

#include "http.h"

struct transfer_limits {
	uint64_t stall_ms, answer_ms;
	uint64_t rate; /* bytes per second of each transfer; 0 = none */
};

struct transfer_list {
	struct transfer **items;
	size_t len, cap;
};

/*
 * Ready for curl_multi_add_handle(); entered into `list`. `limits` and `list` are borrowed. Large bodies go by HTTP/1.1, unless
 * `no_http1`.
 */
struct transfer *transfer_new(struct http_request *request, const struct transfer_limits *limits,
			      struct transfer_list *list, bool no_http1);
/* Leaves its multi handle and the list. */
void transfer_free(struct transfer *transfer);
/* After limits->rate has changed. */
void transfer_limit(struct transfer *transfer);
CURL *transfer_handle(struct transfer *transfer);
struct http_request *transfer_request(const struct transfer *transfer);
/* Writes outcome, status and reason into the request. */
void transfer_finish(struct transfer *transfer, CURLcode code);
/* After transfer_finish(): it failed by HTTP/1.1 in a way that HTTP/2 may not. */
bool transfer_lacks_http2(const struct transfer *transfer);

#endif
