/*
 * What containers print. Without a terminal the engine sends both outputs in one stream: frames of a header of eight
 * bytes, {1 = stdout or 2 = stderr, 0, 0, 0, length as 32 bit big-endian}, and the text (Engine API, "Attach to a
 * container", stream format).
 */
#ifndef DEVICE_STREAM_H
#define DEVICE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "device/engine.h"

/* Where text goes; `stream` is 1 or 2. A failure ends the stream. */
struct stream_sink {
	int (*write)(void *data, int stream, const char *text, size_t len, struct err *err);
	void *data;
};

struct stream_reader {
	const struct stream_sink *sink;
	bool is_raw; /* a terminal's: no frames */
	unsigned char header[8];
	size_t header_len;
	uint32_t left; /* of the frame */
	int stream;
};

/* Takes the next bytes, cut anywhere. ERR_PROTOCOL for a header that is none. */
WARN_UNUSED int stream_read(struct stream_reader *reader, const char *bytes, size_t len,
			    struct err *err);

struct log_options {
	bool follow;       /* until the container ends */
	bool timestamps;   /* RFC 3339 with nanoseconds and a blank before every line */
	const char *since; /* a timestamp, or seconds since the epoch; NULL = from its start */
	const char *tail;  /* so many of the last lines, or "all"; NULL = all */
	bool has_terminal; /* the container's own: what it prints comes without frames */
	const struct monitor *monitor; /* ends it; NULL = the engine's */
};

/* Returns at the end of the log, or of the container with `follow`. */
WARN_UNUSED int container_logs(struct engine *engine, const char *id,
			       const struct log_options *options, const struct stream_sink *sink,
			       struct err *err);

#endif
