#include "device/stream.h"

#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "call.h"

static int begin_frame(struct stream_reader *reader, struct err *err)
{
	const unsigned char *header = reader->header;

	reader->header_len = 0;
	if (header[0] > 2 || header[1] || header[2] || header[3])
		return err_set(err, ERR_PROTOCOL, "the engine's stream is not in frames");
	reader->stream = header[0] == 2 ? 2 : 1;
	reader->left = (uint32_t)header[4] << 24 | (uint32_t)header[5] << 16 |
		       (uint32_t)header[6] << 8 | header[7];
	return 0;
}

/* Takes a part of a header or of a frame; returns how much, or -1. */
static ssize_t read_part(struct stream_reader *reader, const char *bytes, size_t len,
			 struct err *err)
{
	const struct stream_sink *sink = reader->sink;

	if (reader->left > 0) {
		size_t part = len < reader->left ? len : reader->left;

		reader->left -= (uint32_t)part;
		if (sink->write(sink->data, reader->stream, bytes, part, err) < 0)
			return -1;
		return (ssize_t)part;
	}
	reader->header[reader->header_len++] = (unsigned char)*bytes;
	if (reader->header_len == sizeof(reader->header) && begin_frame(reader, err) < 0)
		return -1;
	return 1;
}

int stream_read(struct stream_reader *reader, const char *bytes, size_t len, struct err *err)
{
	if (reader->is_raw)
		return reader->sink->write(reader->sink->data, 1, bytes, len, err);
	while (len > 0) {
		ssize_t part = read_part(reader, bytes, len, err);

		if (part < 0)
			return -1;
		bytes += part;
		len -= (size_t)part;
	}
	return 0;
}

static int consume(void *data, const char *bytes, size_t len, struct err *err)
{
	return stream_read(data, bytes, len, err);
}

/* The engine takes seconds since the epoch with a fraction, not the form that it prints itself. */
static char *engine_time(const char *text)
{
	struct tm tm = { .tm_sec = 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	size_t digits = rest && *rest == '.' ? strspn(rest + 1, "0123456789") : 0;

	if (!rest)
		return xstrdup(text);
	return xasprintf("%lld.%.*s", (long long)timegm(&tm), digits ? (int)digits : 1,
			 digits ? rest + 1 : "0");
}

int container_logs(struct engine *engine, const char *id, const struct log_options *options,
		   const struct stream_sink *sink, struct err *err)
{
	AUTO(freep) char *what = xasprintf("read the log of container '%s'", id);
	AUTO(freep) char *since = options->since ? engine_time(options->since) : NULL;
	struct stream_reader reader = { .sink = sink, .is_raw = options->has_terminal };
	AUTO(engine_call_release)
	struct engine_call call = { .method = "GET",
				    .what = what,
				    .consume = consume,
				    .data = &reader,
				    .idle_ms = options->follow ? ENGINE_NO_DEADLINE : 0,
				    .monitor = options->monitor };

	engine_call_path(&call, "/containers/%s/logs?stdout=1&stderr=1", id);
	if (options->follow)
		engine_call_query(&call, "follow", "1");
	if (options->timestamps)
		engine_call_query(&call, "timestamps", "1");
	if (since)
		engine_call_query(&call, "since", since);
	if (options->tail)
		engine_call_query(&call, "tail", options->tail);
	return engine_call(engine, &call, err);
}
