#include "headers.h"

#include <strings.h>

#include "base/limits.h"
#include "base/vec.h"

void headers_release(struct headers *headers)
{
	VEC_FOREACH(header, headers) {
		free(header->name);
		free(header->value);
	}
	free(headers->items);
	*headers = (struct headers){ .items = NULL };
}

void headers_clear(struct headers *headers)
{
	headers_release(headers);
}

int headers_add_line(struct headers *headers, struct span line, struct err *err)
{
	struct span rest = line, name;
	struct header *header;

	headers->bytes += line.len;
	if (headers->bytes > LIMIT_HTTP_HEADER)
		return err_set(err, ERR_LIMIT, "the answer's header has more than %zu KiB",
			       LIMIT_HTTP_HEADER / LIMIT_KIB);
	if (!span_cut(&rest, ':', &name))
		return 0;
	rest = span_trim(rest);
	header = VEC_ADD(headers);
	header->name = span_dup(span_trim(name));
	header->value = span_dup(rest);
	return 0;
}

const char *headers_next(const struct headers *headers, const char *name, size_t *index)
{
	while (*index < headers->len) {
		const struct header *header = &headers->items[(*index)++];

		if (strcasecmp(header->name, name) == 0)
			return header->value;
	}
	return NULL;
}

const char *headers_get(const struct headers *headers, const char *name)
{
	size_t index = 0;

	return headers_next(headers, name, &index);
}

char *headers_media_type(const struct headers *headers)
{
	const char *value = headers_get(headers, "Content-Type");
	struct span rest, type;

	if (!value)
		return NULL;
	rest = span_of(value);
	span_cut(&rest, ';', &type);
	return span_dup(span_trim(type));
}
