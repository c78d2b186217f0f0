/*
 * Where the log of a container stands, so that another connection goes on from there: nothing twice, nothing left out. The
 * log is read with time stamps. Those of stdout and of stderr are each in order, but not those of one with the other's.
 *
 *	AUTO(log_position_release) struct log_position position;
 *
 *	log_position_init(&position, show, data);
 *	for (;;) {
 *		AUTO(freep) char *since = log_position_resume(&position);
 *		const struct stream_sink sink = { .write = log_position_take, .data = &position };
 *
 *		container_logs(engine, id, &options, &sink, err);	-- timestamps = true, since
 *	}
 */
#ifndef DEVICE_LOG_POSITION_H
#define DEVICE_LOG_POSITION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* A line, borrowed: its time ("2026-11-21T01:02:03.000000001Z") and its text, with the '\n' unless there was none. */
typedef int log_line_fn(void *data, int stream, struct span stamp, struct span text,
			struct err *err);

struct log_stream {
	struct str line;  /* begun */
	struct str stamp; /* of the last line that was passed on; "" = none yet */
	unsigned count;   /* lines passed on with that stamp */
	unsigned known;   /* of those, how many are still to come again */
	bool is_resuming;
};

struct log_position {
	log_line_fn *line;
	void *data;
	struct log_stream streams[2];
};

void log_position_init(struct log_position *position, log_line_fn *line, void *data);
void log_position_release(struct log_position *position);
/*
 * Before each connection: forgets what has begun, and passes over what is known when it comes again. Returns what to give
 * as `since`, NULL = from the beginning; the caller frees.
 */
char *log_position_resume(struct log_position *position);
/* The write of a struct stream_sink. Of a line longer than 64 KiB the rest is a line with the same stamp. */
WARN_UNUSED int log_position_take(void *position, int stream, const char *text, size_t len,
				  struct err *err);
/* At the end of the log: passes on a last line that has no end. */
WARN_UNUSED int log_position_end(struct log_position *position, struct err *err);

#endif
