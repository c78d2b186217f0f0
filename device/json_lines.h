/* Answers that are one line of JSON after the other: what an image's load says, events. */
#ifndef DEVICE_JSON_LINES_H
#define DEVICE_JSON_LINES_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct json_lines {
	/* Takes a line, borrowed. A failure ends the answer. */
	int (*line)(void *data, const json_t *json, struct err *err);
	void *data;
	struct str text; /* of the line that has begun */
};

/* Lines of at most `limit` bytes. */
void json_lines_init(struct json_lines *lines, size_t limit);
void json_lines_release(struct json_lines *lines);
/* Takes the next bytes, cut anywhere. ERR_PROTOCOL for a line that is no JSON or too long. */
WARN_UNUSED int json_lines_take(struct json_lines *lines, const char *bytes, size_t len,
				struct err *err);
/* The answer is over: takes what has no end of line. */
WARN_UNUSED int json_lines_end(struct json_lines *lines, struct err *err);

#endif
