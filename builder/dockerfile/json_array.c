/* JSON arrays of strings, as Go's encoding/json reads them: what it does not accept is the shell form. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "dockerfile/parser.h"
#include "rune.h"

#define DEPTH_MAX 200

struct reader {
	struct span text;
	size_t offset;
};

static bool read_value(struct reader *reader, unsigned depth);

static void skip_blanks(struct reader *reader)
{
	while (reader->offset < reader->text.len &&
	       memchr(" \t\r\n", reader->text.ptr[reader->offset], 4))
		reader->offset++;
}

static char peek(const struct reader *reader)
{
	return reader->offset < reader->text.len ? reader->text.ptr[reader->offset] : '\0';
}

static bool accept(struct reader *reader, char c)
{
	bool there = peek(reader) == c;

	reader->offset += there;
	return there;
}

static bool accept_word(struct reader *reader, struct span word)
{
	if (reader->text.len - reader->offset < word.len ||
	    memcmp(reader->text.ptr + reader->offset, word.ptr, word.len) != 0)
		return false;
	reader->offset += word.len;
	return true;
}

static bool read_hex4(struct reader *reader, uint32_t *ret)
{
	*ret = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)peek(reader);

		if (!isxdigit(c))
			return false;
		*ret = *ret * 16 + (uint32_t)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
		reader->offset++;
	}
	return true;
}

/* Behind `\u`: one half of a surrogate pair without the other is U+FFFD. */
static bool read_codepoint(struct reader *reader, struct str *out)
{
	uint32_t first = 0, second = 0;
	size_t behind = 0;

	if (!read_hex4(reader, &first))
		return false;
	behind = reader->offset;
	if (first >= 0xd800 && first < 0xdc00 && accept_word(reader, SPAN_LIT("\\u")) &&
	    read_hex4(reader, &second) && second >= 0xdc00 && second < 0xe000) {
		str_add_codepoint(out, 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
		return true;
	}
	reader->offset = behind;
	if (first >= 0xd800 && first < 0xe000)
		first = 0xfffd;
	if (first == 0)
		str_add(out, NUL_BYTES);
	else
		str_add_codepoint(out, first);
	return true;
}

static bool read_escape(struct reader *reader, struct str *out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	char c = peek(reader);
	const char *name = c ? strchr(names, c) : NULL;

	reader->offset++;
	if (c == 'u')
		return read_codepoint(reader, out);
	if (!name)
		return false;
	str_addc(out, values[name - names]);
	return true;
}

/* `out` receives the value. */
static bool read_string(struct reader *reader, struct str *out)
{
	const char *end = reader->text.ptr + reader->text.len;

	if (!accept(reader, '"'))
		return false;
	while (reader->offset < reader->text.len) {
		const char *ptr = reader->text.ptr + reader->offset;
		size_t len = 0;
		int32_t rune = rune_decode(ptr, end, &len);

		reader->offset += len;
		if (rune == '"')
			return true;
		if (rune < 0x20 || (len == 1 && end - ptr >= 2 && !memcmp(ptr, NUL_BYTES, 2)))
			return false;
		if (rune == '\\') {
			if (!read_escape(reader, out))
				return false;
		} else if (rune >= RUNE_BYTE(0)) {
			str_add_codepoint(out, 0xfffd);
		} else {
			str_addn(out, ptr, len);
		}
	}
	return false;
}

static bool read_digits(struct reader *reader)
{
	size_t start = reader->offset;

	while (isdigit((unsigned char)peek(reader)))
		reader->offset++;
	return reader->offset > start;
}

static bool read_number(struct reader *reader)
{
	accept(reader, '-');
	if (!accept(reader, '0') && !read_digits(reader))
		return false;
	if (accept(reader, '.') && !read_digits(reader))
		return false;
	if (!accept(reader, 'e') && !accept(reader, 'E'))
		return true;
	if (!accept(reader, '+'))
		accept(reader, '-');
	return read_digits(reader);
}

static bool read_member_name(struct reader *reader)
{
	AUTO(str_release) struct str name = STR_INIT;

	if (!read_string(reader, &name))
		return false;
	skip_blanks(reader);
	return accept(reader, ':');
}

/* The inside of an array or an object that nobody needs. */
static bool read_nested(struct reader *reader, char close, unsigned depth)
{
	skip_blanks(reader);
	if (accept(reader, close))
		return true;
	do {
		skip_blanks(reader);
		if (close == '}' && !read_member_name(reader))
			return false;
		if (!read_value(reader, depth + 1))
			return false;
		skip_blanks(reader);
	} while (accept(reader, ','));
	return accept(reader, close);
}

static bool read_value(struct reader *reader, unsigned depth)
{
	AUTO(str_release) struct str ignored = STR_INIT;

	skip_blanks(reader);
	if (depth > DEPTH_MAX)
		return false;
	switch (peek(reader)) {
	case '"': return read_string(reader, &ignored);
	case '[': reader->offset++; return read_nested(reader, ']', depth);
	case '{': reader->offset++; return read_nested(reader, '}', depth);
	case 't': return accept_word(reader, SPAN_LIT("true"));
	case 'f': return accept_word(reader, SPAN_LIT("false"));
	case 'n': return accept_word(reader, SPAN_LIT("null"));
	default: return read_number(reader);
	}
}

static bool read_element(struct reader *reader, struct arena *arena, struct words *ret,
			 bool *all_strings)
{
	AUTO(str_release) struct str value = STR_INIT;
	size_t start = 0;

	skip_blanks(reader);
	start = reader->offset;
	if (peek(reader) != '"') {
		*all_strings = false;
		return read_value(reader, 0);
	}
	if (!read_string(reader, &value))
		return false;
	*ARENA_ADD(arena, ret) = (struct word){ .text = arena_strndup(arena, value.ptr, value.len),
						.column = (unsigned)start + 1,
						.length = (unsigned)(reader->offset - start) };
	return true;
}

enum json_array_result json_array_parse(struct arena *arena, struct span text, struct words *ret)
{
	struct reader reader = { .text = text, .offset = rune_leading_space(text) };
	struct words words = { .items = NULL };
	bool all_strings = true;

	if (!accept(&reader, '['))
		return JSON_ARRAY_INVALID;
	skip_blanks(&reader);
	if (!accept(&reader, ']')) {
		do {
			if (!read_element(&reader, arena, &words, &all_strings))
				return JSON_ARRAY_INVALID;
			skip_blanks(&reader);
		} while (accept(&reader, ','));
		if (!accept(&reader, ']'))
			return JSON_ARRAY_INVALID;
	}
	skip_blanks(&reader);
	if (reader.offset < text.len)
		return JSON_ARRAY_INVALID;
	if (!all_strings)
		return JSON_ARRAY_NOT_STRINGS;
	*ret = words;
	return JSON_ARRAY_STRINGS;
}
