#include "json_lines.h"

#include <string.h>

#include "base/json.h"

void json_lines_init(struct json_lines *lines, size_t limit)
{
	str_init(&lines->text, limit);
}

void json_lines_release(struct json_lines *lines)
{
	str_release(&lines->text);
}

int json_lines_end(struct json_lines *lines, struct err *err)
{
	struct span text = span_trim(str_span(&lines->text));
	json_auto_t *json = NULL;
	int status = 0;

	if (lines->text.overflow)
		return err_set(err, ERR_PROTOCOL, "a line of the answer is longer than %zu bytes",
			       lines->text.limit);
	if (text.len > 0) {
		if (json_parse(text, "the answer", &json, NULL) < 0)
			return err_set(err, ERR_PROTOCOL, "the answer has a line that is no JSON");
		status = lines->line(lines->data, json, err);
	}
	str_clear(&lines->text);
	return status;
}

int json_lines_take(struct json_lines *lines, const char *bytes, size_t len, struct err *err)
{
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end ? (size_t)(end - bytes) : len;

		str_addn(&lines->text, bytes, part);
		if (end && json_lines_end(lines, err) < 0)
			return -1;
		part += end != NULL;
		bytes += part;
		len -= part;
	}
	return 0;
}
