#include "base/json.h"

#include <stdbool.h>
#include <utf8proc.h>

#include "base/fs.h"
#include "base/limits.h"

/* jansson's own bound on depth is fixed when it is compiled, and far above ours. */
static int check_depth(struct span text, const char *name, struct err *err)
{
	unsigned line = 1, column = 0, depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		column++;
		if (c == '\n') {
			line++;
			column = 0;
		} else if (quoted && c == '\\') {
			i++;
			column++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == '[' || c == '{') && ++depth > LIMIT_JSON_DEPTH) {
			return err_set(err, ERR_INPUT, "%s:%u:%u: nested more than %d levels deep",
				       name, line, column, LIMIT_JSON_DEPTH);
		} else if (!quoted && (c == ']' || c == '}') && depth) {
			depth--;
		}
	}
	return 0;
}

int json_parse(struct span text, const char *name, json_t **ret_json, struct err *err)
{
	json_error_t problem;
	json_t *json = NULL;

	if (check_depth(text, name, err) < 0)
		return -1;
	json = json_loadb(text.len ? text.ptr : "", text.len,
			  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
	if (!json)
		return err_set(err, ERR_INPUT, "%s:%d:%d: %s", name, problem.line, problem.column,
			       problem.text);
	*ret_json = json;
	return 0;
}

int json_parse_file(int dirfd, const char *path, size_t limit, json_t **ret_json, struct err *err)
{
	AUTO(str_release) struct str text = STR_INIT;

	if (fs_read_file(dirfd, path, limit, &text, err) < 0)
		return -1;
	return json_parse(str_span(&text), path, ret_json, err);
}

static int append(const char *data, size_t len, void *out)
{
	str_addn(out, data, len);
	return 0;
}

void json_write(const json_t *json, struct str *out)
{
	/*
	 * Fails only when the callback does, or on a cycle, which jansson does not let one build.
	 */
	(void)json_dump_callback(json, append, out, JSON_COMPACT | JSON_ENCODE_ANY);
}

void json_write_pretty(const json_t *json, struct str *out)
{
	(void)json_dump_callback(json, append, out, JSON_INDENT(2) | JSON_ENCODE_ANY);
	str_addc(out, '\n');
}

const char *json_get_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

long long json_get_int(const json_t *object, const char *key, long long otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

json_t *json_get_object(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_object(value) ? value : NULL;
}

json_t *json_get_array(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_array(value) ? value : NULL;
}

void json_to_strvec(const json_t *array, struct strvec *out)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (text)
			strvec_add(out, text);
	}
}

/* A JSON string of any bytes; what is not UTF-8 becomes U+FFFD, a byte at a time. */
static json_t *string_of_bytes(const char *bytes)
{
	AUTO(str_release) struct str clean = STR_INIT;
	json_t *json = json_string(bytes);

	if (json)
		return json;
	while (*bytes) {
		utf8proc_int32_t codepoint = -1;
		utf8proc_ssize_t len =
			utf8proc_iterate((const utf8proc_uint8_t *)bytes, -1, &codepoint);

		str_add_codepoint(&clean, codepoint < 0 ? 0xfffd : (unsigned)codepoint);
		bytes += len < 1 ? 1 : len;
	}
	return json_stringn(clean.ptr, clean.len);
}

json_t *json_from_strvec(const struct strvec *v)
{
	json_t *array = json_array();

	for (size_t i = 0; i < v->len; i++)
		json_array_append_new(array, string_of_bytes(v->items[i]));
	return array;
}

void json_set_string(json_t *object, const char *key, const char *value)
{
	json_object_set_new(object, key, string_of_bytes(value));
}
