/* The header fields of an HTTP answer. */
#ifndef REGISTRY_HEADERS_H
#define REGISTRY_HEADERS_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct header {
	char *name, *value;
};

struct headers {
	struct header *items;
	size_t len, cap;
	size_t bytes; /* of all lines so far */
};

void headers_release(struct headers *headers);
void headers_clear(struct headers *headers);
/*
 * One line as it came, with or without its line end. ERR_LIMIT above LIMIT_HTTP_HEADER bytes in
 * all.
 */
WARN_UNUSED int headers_add_line(struct headers *headers, struct span line, struct err *err);
/* The first field of that name, in any case; NULL = none. Borrowed. */
const char *headers_get(const struct headers *headers, const char *name);
/* The media type of Content-Type without its parameters; NULL = none. The caller frees. */
char *headers_media_type(const struct headers *headers);
/*
 * The next field of that name at or behind *index, which moves on behind it; NULL at the end:
 *
 *	for (size_t at = 0; (value = headers_next(h, "WWW-Authenticate", &at));)
 */
const char *headers_next(const struct headers *headers, const char *name, size_t *index);

#endif
