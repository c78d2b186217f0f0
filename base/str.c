#include "base/str.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <strings.h>

#include "base/alloc.h"

char str_empty[1] = "";

void str_init(struct str *s, size_t limit)
{
	*s = (struct str){ .ptr = str_empty, .limit = limit };
}

void str_release(struct str *s)
{
	if (s->cap)
		free(s->ptr);
	str_init(s, s->limit);
}

void str_clear(struct str *s)
{
	s->overflow = false;
	str_truncate(s, 0);
}

void str_truncate(struct str *s, size_t len)
{
	if (len >= s->len)
		return;
	s->len = len;
	s->ptr[len] = '\0';
}

void str_reserve(struct str *s, size_t more)
{
	size_t need = 0;
	size_t cap = s->cap;

	if (__builtin_add_overflow(s->len, more, &need) || __builtin_add_overflow(need, 1, &need))
		need = SIZE_MAX; /* the allocator refuses it */
	if (need <= cap)
		return;
	cap = cap < SIZE_MAX / 2 ? cap * 2 : need;
	if (cap < 32)
		cap = 32;
	if (cap < need)
		cap = need;
	s->ptr = xrealloc(s->cap ? s->ptr : NULL, cap);
	s->cap = cap;
	s->ptr[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_addn(struct str *s, const void *data, size_t len)
{
	if (s->limit && len > s->limit - s->len) {
		len = s->limit - s->len;
		s->overflow = true;
	}
	if (!len)
		return;
	str_reserve(s, len);
	memcpy(s->ptr + s->len, data, len);
	s->len += len;
	s->ptr[s->len] = '\0';
}

void str_addc(struct str *s, char c)
{
	str_addn(s, &c, 1);
}

void str_add_number(struct str *s, unsigned long long value)
{
	char digits[24], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	str_addn(s, at, (size_t)(digits + sizeof(digits) - at));
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(s, fmt, ap);
	va_end(ap);
}

void str_addv(struct str *s, const char *fmt, va_list ap)
{
	AUTO(freep) char *text = NULL;
	char small[256];
	va_list again;
	int len = 0;

	va_copy(again, ap);
	len = vsnprintf(small, sizeof(small), fmt, ap);
	if (len >= (int)sizeof(small)) {
		text = xmalloc((size_t)len + 1);
		len = vsnprintf(text, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	if (len > 0)
		str_addn(s, text ? text : small, (size_t)len);
}

void str_add_codepoint(struct str *s, unsigned codepoint)
{
	char utf8[4];
	size_t len = 0;

	if (codepoint > 0x10ffff || (codepoint >= 0xd800 && codepoint <= 0xdfff))
		codepoint = 0xfffd;
	if (codepoint < 0x80) {
		utf8[len++] = (char)codepoint;
	} else if (codepoint < 0x800) {
		utf8[len++] = (char)(0xc0 | codepoint >> 6);
	} else if (codepoint < 0x10000) {
		utf8[len++] = (char)(0xe0 | codepoint >> 12);
		utf8[len++] = (char)(0x80 | (codepoint >> 6 & 0x3f));
	} else {
		utf8[len++] = (char)(0xf0 | codepoint >> 18);
		utf8[len++] = (char)(0x80 | (codepoint >> 12 & 0x3f));
		utf8[len++] = (char)(0x80 | (codepoint >> 6 & 0x3f));
	}
	if (codepoint >= 0x80)
		utf8[len++] = (char)(0x80 | (codepoint & 0x3f));
	str_addn(s, utf8, len);
}

void str_add_shell_word(struct str *s, const char *word)
{
	str_addc(s, '\'');
	for (; *word; word++) {
		if (*word == '\'' || *word == '!')
			str_addf(s, "'\\%c'", *word);
		else
			str_addc(s, *word);
	}
	str_addc(s, '\'');
}

char *str_detach(struct str *s)
{
	char *text = s->cap ? s->ptr : xstrdup("");

	str_init(s, s->limit);
	return text;
}

bool span_eq(struct span span, const char *text)
{
	return span.len == strlen(text) && (!span.len || !memcmp(span.ptr, text, span.len));
}

bool span_eq_nocase(struct span span, const char *text)
{
	if (span.len != strlen(text))
		return false;
	for (size_t i = 0; i < span.len; i++) {
		unsigned char a = (unsigned char)span.ptr[i];
		unsigned char b = (unsigned char)text[i];

		/* Not tolower(): it follows the locale. */
		if (a >= 'A' && a <= 'Z')
			a += 'a' - 'A';
		if (b >= 'A' && b <= 'Z')
			b += 'a' - 'A';
		if (a != b)
			return false;
	}
	return true;
}

bool span_has_prefix(struct span span, const char *prefix)
{
	size_t len = strlen(prefix);

	return span.len >= len && (!len || !memcmp(span.ptr, prefix, len));
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span span_trim(struct span span)
{
	while (span.len && is_blank(span.ptr[0])) {
		span.ptr++;
		span.len--;
	}
	while (span.len && is_blank(span.ptr[span.len - 1]))
		span.len--;
	return span;
}

char *span_dup(struct span span)
{
	char *copy = xmalloc(span.len + 1);

	if (span.len)
		memcpy(copy, span.ptr, span.len);
	copy[span.len] = '\0';
	return copy;
}

bool span_cut(struct span *rest, char delimiter, struct span *ret_head)
{
	const char *at = rest->len ? memchr(rest->ptr, delimiter, rest->len) : NULL;
	struct span head = *rest;

	if (!at) {
		*rest = (struct span){ .ptr = rest->ptr ? rest->ptr + rest->len : NULL };
		*ret_head = head;
		return false;
	}
	head.len = (size_t)(at - rest->ptr);
	rest->ptr += head.len + 1;
	rest->len -= head.len + 1;
	*ret_head = head;
	return true;
}

bool span_to_u64(struct span span, unsigned long long max, unsigned long long *ret_value)
{
	unsigned long long value = 0;

	if (!span.len)
		return false;
	for (size_t i = 0; i < span.len; i++) {
		unsigned digit = (unsigned)(unsigned char)span.ptr[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value) || value > max)
			return false;
	}
	*ret_value = value;
	return true;
}

bool str_has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

bool str_has_suffix(const char *text, const char *suffix)
{
	size_t text_len = strlen(text);
	size_t len = strlen(suffix);

	return text_len >= len && !memcmp(text + text_len - len, suffix, len);
}

bool str_eq(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}
