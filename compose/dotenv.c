#include "compose/dotenv.h"

#include <stdlib.h>

#include "base/alloc.h"

#define BOM "\xEF\xBB\xBF"

struct reader {
	struct span rest;
	unsigned line;
	const char *name;
	const struct template_scope *outer;
	struct strmap *out;
};

/* A blank within a line: of Latin-1 also NEL and the no-break space, which come as two bytes. */
static size_t blank_len(struct span text)
{
	if (!text.len)
		return 0;
	if (strchr(" \t\v\f\r", *text.ptr))
		return 1;
	return text.len > 1 && (!memcmp(text.ptr, "\xC2\x85", 2) ||
				!memcmp(text.ptr, "\xC2\xA0", 2))
		       ? 2
		       : 0;
}

static void advance(struct span *text, size_t len)
{
	text->ptr += len;
	text->len -= len;
}

static void skip_blanks(struct span *text)
{
	for (size_t len = blank_len(*text); len; len = blank_len(*text))
		advance(text, len);
}

static struct span trim_end(struct span text)
{
	while (text.len && strchr(" \t\v\f\r\n", text.ptr[text.len - 1]))
		text.len--;
	return text;
}

/* Puts the place before the message. */
static int fail_at(const struct reader *reader, struct err *err)
{
	err_wrap(err, "%s:%u", reader->name, reader->line);
	return err_at(err, reader->name, reader->line, 1, 0);
}

/* Moves to the next statement; false when there is none. */
static bool find_statement(struct reader *reader)
{
	for (;;) {
		skip_blanks(&reader->rest);
		if (!reader->rest.len)
			return false;
		if (*reader->rest.ptr == '\n') {
			reader->line++;
			advance(&reader->rest, 1);
		} else if (*reader->rest.ptr == '#') {
			const char *end = memchr(reader->rest.ptr, '\n', reader->rest.len);

			advance(&reader->rest,
				end ? (size_t)(end - reader->rest.ptr) : reader->rest.len);
		} else {
			return true;
		}
	}
}

static void skip_export(struct span *text)
{
	struct span rest = *text;

	if (!span_has_prefix(*text, "export"))
		return;
	advance(&rest, strlen("export"));
	if (!blank_len(rest))
		return;
	skip_blanks(&rest);
	*text = rest;
}

static bool is_key_char(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || strchr("_.-[]", c);
}

/*
 * Cuts "KEY=", "KEY:" or "KEY\n" off. *ret_end is the character that ended it. A last line without
 * an end is taken as a value without a key, as the reference does.
 */
static int cut_key(struct reader *reader, struct span *ret_key, char *ret_end, struct err *err)
{
	struct span text = reader->rest;
	size_t len = 0;

	while (len < text.len && !strchr("=:\n", text.ptr[len])) {
		size_t blank =
			blank_len((struct span){ .ptr = text.ptr + len, .len = text.len - len });

		if (!blank && !is_key_char((unsigned char)text.ptr[len])) {
			err_set(err, ERR_INPUT,
				"unexpected character '%c' in the name of a variable",
				text.ptr[len]);
			return fail_at(reader, err);
		}
		len += blank ? blank : 1;
	}
	*ret_end = '\0';
	if (len < text.len)
		*ret_end = text.ptr[len];
	*ret_key = trim_end((struct span){ .ptr = text.ptr, .len = *ret_end ? len : 0 });
	if (memchr(ret_key->ptr, ' ', ret_key->len)) {
		err_set(err, ERR_INPUT, "the name of a variable cannot hold a blank: '%.*s'",
			SPAN_FMT(*ret_key));
		return fail_at(reader, err);
	}
	if (*ret_end)
		advance(&reader->rest, len + 1);
	return 0;
}

static const char *lookup_here(void *arg, const char *name)
{
	const struct reader *reader = arg;
	const char *value = reader->outer->lookup(reader->outer->arg, name);

	return value ? value : strmap_get(reader->out, name);
}

static void unset_here(void *arg, const char *name)
{
	const struct reader *reader = arg;

	if (reader->outer->unset)
		reader->outer->unset(reader->outer->arg, name);
}

static int expand_value(struct reader *reader, const char *text, struct str *value, struct err *err)
{
	const struct template_scope scope = { .lookup = lookup_here,
					      .unset = unset_here,
					      .arg = reader };

	if (template_expand(text, &scope, value, err) < 0)
		return fail_at(reader, err);
	return 0;
}

static int read_plain(struct reader *reader, struct str *value, struct err *err)
{
	AUTO(freep) char *text = NULL;
	struct span line = { 0 };
	const char *comment = NULL;
	bool has_end = span_cut(&reader->rest, '\n', &line);
	int result = 0;

	comment = memmem(line.ptr, line.len, " #", 2);
	if (comment)
		line.len = (size_t)(comment - line.ptr);
	text = span_dup(trim_end(line));
	result = expand_value(reader, text, value, err);
	reader->line += has_end;
	return result;
}

/* \0 and three octal digits; returns how many characters it took. Of an incomplete one the 0 is lost, as in the reference. */
static size_t add_octal(const char *text, struct str *out)
{
	unsigned value = 0;
	size_t len = 1;

	while (len < 4 && text[len] >= '0' && text[len] <= '7')
		value = value * 8 + (unsigned)(text[len++] - '0');
	if (len < 4 || value > 0xFF) {
		str_addc(out, '\\');
		str_addn(out, text + 1, len - 1);
	} else {
		str_add_codepoint(out, value);
	}
	return len;
}

/* The escapes of a double-quoted value; \$ becomes $$ for the expansion that follows. */
static void unescape(const char *text, struct str *out)
{
	static const char names[] = "abfnrtv\\\"";
	static const char values[] = "\a\b\f\n\r\t\v\\\"";

	for (; *text; text++) {
		const char *name = NULL;

		if (text[0] != '\\' || !text[1]) {
			str_addc(out, *text);
			continue;
		}
		text++;
		name = strchr(names, *text);
		if (name)
			str_addc(out, values[name - names]);
		else if (*text == '$')
			str_add(out, "$$");
		else if (*text == '0')
			text += add_octal(text, out) - 1;
		else
			str_addf(out, "\\%c", *text);
	}
}

/* Cuts a quoted text off, with all escapes but that of the quote itself kept. */
static int cut_quoted(struct reader *reader, struct str *raw, struct err *err)
{
	char quote = *reader->rest.ptr;
	unsigned first = reader->line;

	for (advance(&reader->rest, 1); reader->rest.len; advance(&reader->rest, 1)) {
		char c = *reader->rest.ptr;

		if (c == quote) {
			advance(&reader->rest, 1);
			return 0;
		}
		reader->line += c == '\n';
		if (c == '\\' && reader->rest.len > 1) {
			advance(&reader->rest, 1);
			if (*reader->rest.ptr != quote)
				str_addc(raw, '\\');
			c = *reader->rest.ptr;
			reader->line += c == '\n';
		}
		str_addc(raw, c);
	}
	reader->line = first;
	err_set(err, ERR_INPUT, "the quote %c is never closed", quote);
	return fail_at(reader, err);
}

static int read_quoted(struct reader *reader, struct str *value, struct err *err)
{
	AUTO(str_release) struct str raw = STR_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	bool is_double = *reader->rest.ptr == '"';

	if (cut_quoted(reader, &raw, err) < 0)
		return -1;
	if (!is_double) {
		str_addn(value, raw.ptr, raw.len);
		return 0;
	}
	unescape(raw.ptr, &text);
	return expand_value(reader, text.ptr, value, err);
}

static void take_inherited(struct reader *reader, const char *key)
{
	const char *value = reader->outer->lookup(reader->outer->arg, key);

	if (value)
		strmap_set(reader->out, key, value);
}

static int read_statement(struct reader *reader, struct err *err)
{
	AUTO(str_release) struct str value = STR_INIT;
	AUTO(freep) char *key = NULL;
	struct span name = { 0 };
	char end = '\0';
	int result = 0;

	skip_export(&reader->rest);
	if (cut_key(reader, &name, &end, err) < 0)
		return -1;
	key = span_dup(name);
	if (end == '\n') {
		take_inherited(reader, key);
		reader->line++;
		return 0;
	}
	skip_blanks(&reader->rest);
	if (reader->rest.len && (*reader->rest.ptr == '"' || *reader->rest.ptr == '\''))
		result = read_quoted(reader, &value, err);
	else
		result = read_plain(reader, &value, err);
	if (result == 0)
		strmap_set(reader->out, key, value.ptr);
	return result;
}

/* Skips the BOM; refuses NUL. */
static int begin_text(struct span *text, const char *name, struct err *err)
{
	if (text->len && memchr(text->ptr, '\0', text->len))
		return err_set(err, ERR_INPUT, "%s: holds a NUL: this is no text", name);
	if (span_has_prefix(*text, BOM))
		advance(text, strlen(BOM));
	return 0;
}

int dotenv_parse(struct span text, const char *name, const struct template_scope *scope,
		 struct strmap *out, struct err *err)
{
	struct reader reader = { .line = 1, .name = name, .outer = scope, .out = out };

	if (begin_text(&text, name, err) < 0)
		return -1;
	reader.rest = text;
	while (find_statement(&reader))
		if (read_statement(&reader, err) < 0)
			return -1;
	return 0;
}

static int read_raw_line(struct reader *reader, struct span line, struct err *err)
{
	AUTO(freep) char *name = NULL;
	AUTO(freep) char *value = NULL;
	struct span key = { 0 };
	bool has_value = false;

	skip_blanks(&line);
	if (!line.len || *line.ptr == '#')
		return 0;
	has_value = span_cut(&line, '=', &key);
	name = span_dup(key);
	if (!*name || strpbrk(name, " \t")) {
		err_set(err, ERR_INPUT, "'%s' is not the name of a variable", name);
		return fail_at(reader, err);
	}
	if (!has_value) {
		take_inherited(reader, name);
		return 0;
	}
	value = span_dup(line);
	strmap_set(reader->out, name, value);
	return 0;
}

int dotenv_parse_raw(struct span text, const char *name, const struct template_scope *scope,
		     struct strmap *out, struct err *err)
{
	struct reader reader = { .line = 0, .name = name, .outer = scope, .out = out };
	struct span line = { 0 };
	bool more = true;

	if (begin_text(&text, name, err) < 0)
		return -1;
	reader.rest = text;
	while (more) {
		more = span_cut(&reader.rest, '\n', &line);
		reader.line++;
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (read_raw_line(&reader, line, err) < 0)
			return -1;
	}
	return 0;
}
