#include "base/log.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"

#define MASK "***"

bool log_enabled(const char *area)
{
	const char *areas = getenv("EDGECTL_DEBUG");
	struct span rest = { 0 };
	struct span word = { 0 };

	if (!areas)
		return false;
	rest = span_of(areas);
	while (rest.len) {
		span_cut(&rest, ',', &word);
		word = span_trim(word);
		if (span_eq(word, area) || span_eq(word, "all"))
			return true;
	}
	return false;
}

void log_debug(const char *area, const char *fmt, ...)
{
	AUTO(str_release) struct str line = STR_INIT;
	va_list ap;

	if (!log_enabled(area))
		return;
	str_addf(&line, "debug: %s: ", area);
	va_start(ap, fmt);
	str_addv(&line, fmt, ap);
	va_end(ap);
	str_addc(&line, '\n');
	/* One call, so that lines of several threads and children do not mix; there is nobody to tell if it fails. */
	(void)!write(STDERR_FILENO, line.ptr, line.len);
}

static bool ends_nocase(struct span word, const char *suffix)
{
	size_t len = strlen(suffix);

	if (word.len < len)
		return false;
	return span_eq_nocase((struct span){ .ptr = word.ptr + word.len - len, .len = len },
			      suffix);
}

/* Names of query parameters, headers and JSON members whose value opens a door. */
static bool is_secret_name(struct span name)
{
	static const char *const endings[] = { "token",         "password",  "passwd",
					       "secret",        "signature", "credential",
					       "authorization", "cookie",    "registry-auth",
					       "_state",        "apikey",    "api_key" };
	static const char *const names[] = { "auth", "sig", "state", "identitytoken" };

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (ends_nocase(name, endings[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (span_eq_nocase(name, names[i]))
			return true;
	return false;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static size_t until(struct span text, size_t from, const char *stop)
{
	while (from < text.len && !strchr(stop, text.ptr[from]))
		from++;
	return from;
}

/* End of the user:password part of a URL whose "://" ends at `from`; `from` when it has none. */
static size_t userinfo_end(struct span text, size_t from)
{
	size_t end = until(text, from, "/?# \t\r\n\"'<>");

	while (end > from && text.ptr[end - 1] != '@')
		end--;
	return end > from ? end - 1 : from;
}

/* End of a JSON string whose first character is at `from`. */
static size_t quoted_end(struct span text, size_t from)
{
	while (from < text.len && text.ptr[from] != '"')
		from += text.ptr[from] == '\\' ? 2 : 1;
	return from < text.len ? from : text.len;
}

/* Copies the scheme of an Authorization value ("Bearer ") through, so that one still sees which it was. */
static size_t copy_scheme(struct span text, size_t at, struct str *out)
{
	size_t end = at;

	while (end < text.len && isalpha((unsigned char)text.ptr[end]))
		end++;
	if (end == at || end >= text.len || text.ptr[end] != ' ')
		return at;
	str_addn(out, text.ptr + at, end + 1 - at);
	return end + 1;
}

/*
 * With `at` just behind the name of a secret: copies the separator, masks the value and gives where it ends. Gives
 * `at` when no value follows. Forms: name=value, "name": "value", Name: value to the end of the line.
 */
static size_t mask_value(struct span text, size_t at, bool quoted_name, struct str *out)
{
	size_t from = at;
	size_t end = 0;
	bool is_header = false;

	if (quoted_name && from < text.len && text.ptr[from] == '"')
		from++;
	while (from < text.len && text.ptr[from] == ' ')
		from++;
	if (from >= text.len || (text.ptr[from] != '=' && text.ptr[from] != ':'))
		return at;
	is_header = text.ptr[from] == ':' && !quoted_name;
	from++;
	if (is_header && (from >= text.len || text.ptr[from] != ' '))
		return at;
	while (from < text.len && text.ptr[from] == ' ')
		from++;
	if (from < text.len && text.ptr[from] == '"') {
		from++;
		end = quoted_end(text, from);
	} else {
		end = until(text, from, is_header ? "\r\n\"'" : "&#;, \t\r\n\"'<>})]");
	}
	str_addn(out, text.ptr + at, from - at);
	if (is_header)
		from = copy_scheme(text, from, out);
	if (end > from)
		str_add(out, MASK);
	return end;
}

/* "Bearer" outside a header that names it; a challenge (Bearer realm=...) holds no secret. */
static size_t mask_bearer(struct span text, size_t at, struct str *out)
{
	struct span rest = { .ptr = text.ptr + at, .len = text.len - at };

	if (!span_has_prefix(rest, " ") || span_has_prefix(rest, " realm=") ||
	    span_has_prefix(rest, " error="))
		return at;
	str_add(out, " " MASK);
	return until(text, at + 1, " \t\r\n\"'");
}

char *log_mask(const char *text)
{
	struct span all = span_of(text);
	struct str out = STR_INIT;
	size_t at = 0;

	while (at < all.len) {
		struct span name = { .ptr = all.ptr + at };
		size_t start = at;

		while (at < all.len && is_name_char(all.ptr[at]))
			at++;
		name.len = at - start;
		str_addn(&out, name.ptr, name.len);
		if (name.len && is_secret_name(name)) {
			at = mask_value(all, at, start > 0 && all.ptr[start - 1] == '"', &out);
		} else if (span_eq_nocase(name, "bearer")) {
			at = mask_bearer(all, at, &out);
		} else if (span_has_prefix(
				   (struct span){ .ptr = all.ptr + at, .len = all.len - at },
				   "://")) {
			size_t end = userinfo_end(all, at + 3);

			str_add(&out, end > at + 3 ? "://" MASK : "://");
			at = end;
		} else if (at < all.len && !is_name_char(all.ptr[at])) {
			str_addc(&out, all.ptr[at++]);
		}
	}
	return str_detach(&out);
}
