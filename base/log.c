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
	/*
	 * One call, so that lines of several threads and children do not mix; there is nobody to
	 * tell if it fails.
	 */
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

/* Of query parameters, headers and JSON members whose value opens a door. */
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

/* A text on its way through: what is before `at` has been copied or masked. */
struct masker {
	struct span text;
	size_t at;
	struct str out;
};

static struct span rest_of(const struct masker *m)
{
	return (struct span){ .ptr = m->text.ptr + m->at, .len = m->text.len - m->at };
}

static void copy_to(struct masker *m, size_t end)
{
	str_addn(&m->out, m->text.ptr + m->at, end - m->at);
	m->at = end;
}

static void mask_to(struct masker *m, size_t end)
{
	if (end > m->at)
		str_add(&m->out, MASK);
	m->at = end;
}

static bool copy_if(struct masker *m, char c)
{
	if (m->at >= m->text.len || m->text.ptr[m->at] != c)
		return false;
	copy_to(m, m->at + 1);
	return true;
}

static void copy_blanks(struct masker *m)
{
	while (copy_if(m, ' '))
		;
}

/* Where the first of the characters of `stop` is, or the end. */
static size_t find_stop(const struct masker *m, const char *stop)
{
	size_t end = m->at;

	while (end < m->text.len && !strchr(stop, m->text.ptr[end]))
		end++;
	return end;
}

static size_t find_closing_quote(const struct masker *m)
{
	size_t end = m->at;

	while (end < m->text.len && m->text.ptr[end] != '"')
		end += m->text.ptr[end] == '\\' ? 2 : 1;
	return end < m->text.len ? end : m->text.len;
}

/* A value in double quotes, or up to one of the characters of `stop`. */
static void mask_value(struct masker *m, const char *stop)
{
	copy_blanks(m);
	mask_to(m, copy_if(m, '"') ? find_closing_quote(m) : find_stop(m, stop));
}

/* "Bearer " and the like before the secret of a header, so that one still sees which it was. */
static void copy_scheme(struct masker *m)
{
	size_t end = m->at;

	while (end < m->text.len && isalpha((unsigned char)m->text.ptr[end]))
		end++;
	if (end > m->at && end < m->text.len && m->text.ptr[end] == ' ')
		copy_to(m, end + 1);
}

/*
 * Behind the name of a secret: name=value, "name": "value", or Name: value to the end of the line.
 */
static void mask_named(struct masker *m, bool quoted_name)
{
	static const char word_end[] = "&#;, \t\r\n\"'<>})]";

	if (quoted_name)
		(void)copy_if(m, '"');
	copy_blanks(m);
	if (copy_if(m, '=') || (quoted_name && copy_if(m, ':'))) {
		mask_value(m, word_end);
	} else if (copy_if(m, ':') && copy_if(m, ' ')) {
		copy_blanks(m);
		copy_scheme(m);
		mask_value(m, "\r\n\"'");
	}
}

/*
 * Behind "Bearer" outside of a header that is named; a challenge (Bearer realm=...) holds no
 * secret.
 */
static void mask_bearer(struct masker *m)
{
	struct span rest = rest_of(m);

	if (!span_has_prefix(rest, " realm=") && !span_has_prefix(rest, " error=") &&
	    copy_if(m, ' '))
		mask_to(m, find_stop(m, " \t\r\n\"'"));
}

/* user:password@ behind the "://" of a URL. */
static void mask_userinfo(struct masker *m)
{
	size_t end = 0;

	copy_to(m, m->at + strlen("://"));
	end = find_stop(m, "/?# \t\r\n\"'<>");
	while (end > m->at && m->text.ptr[end] != '@')
		end--;
	mask_to(m, end);
}

/* Copies the name that begins here, if one does, and masks what belongs to it. */
static void mask_name(struct masker *m)
{
	bool quoted = m->at > 0 && m->text.ptr[m->at - 1] == '"';
	struct span name = rest_of(m);
	size_t len = 0;

	while (len < name.len && is_name_char(name.ptr[len]))
		len++;
	name.len = len;
	copy_to(m, m->at + len);
	if (is_secret_name(name))
		mask_named(m, quoted);
	else if (span_eq_nocase(name, "bearer"))
		mask_bearer(m);
}

char *log_mask(const char *text)
{
	struct masker m = { .text = span_of(text), .out = STR_INIT };

	while (m.at < m.text.len) {
		if (is_name_char(m.text.ptr[m.at]))
			mask_name(&m);
		else if (span_has_prefix(rest_of(&m), "://"))
			mask_userinfo(&m);
		else
			copy_to(&m, m.at + 1);
	}
	return str_detach(&m.out);
}
