/* Bodies of requests and answers that do not fit into memory. */
#ifndef DEVICE_BYTES_H
#define DEVICE_BYTES_H

#include <stddef.h>

#include "base/err.h"

struct byte_source {
	/* Puts up to `size` bytes into `buffer`; *ret_len 0 ends it. */
	int (*produce)(void *data, char *buffer, size_t size, size_t *ret_len, struct err *err);
	void *data;
};

struct byte_sink {
	int (*consume)(void *data, const char *bytes, size_t len, struct err *err);
	void *data;
};

/*
 * What writes to a descriptor as a source: `write` runs in a thread of its own and writes into a pipe. When the reader
 * ends before it, its writing fails with EPIPE.
 */
struct piped_source;

WARN_UNUSED int piped_source_new(int (*write)(void *data, int fd, struct err *err), void *data,
				 struct piped_source **ret, struct err *err);
struct byte_source piped_source_bytes(struct piped_source *source);
/* Waits for the thread. The writer's own failure replaces what is in err: it is the cause. Returns `status`, or -1. */
int piped_source_finish(struct piped_source *source, int status, struct err *err);

#endif
