#include "url.h"

#include <arpa/inet.h>

#include <stdint.h>
#include <strings.h>

#include "base/alloc.h"
#include "libcurl.h"

static CURLU *parse(const char *text)
{
	AUTO(libcurl_url_freep) CURLU *url = NULL;

	libcurl_load();
	url = libcurl.url();
	if (!url || libcurl.url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) != CURLUE_OK)
		return NULL;
	return TAKE(url);
}

/* Borrowed from nobody: libcurl.free() it; NULL when it is not there. */
static char *part(CURLU *url, CURLUPart what)
{
	char *text = NULL;

	if (libcurl.url_get(url, what, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return NULL;
	return text;
}

static bool is_http(CURLU *url)
{
	AUTO(libcurl_freep) char *scheme = part(url, CURLUPART_SCHEME);

	return scheme && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
}

int url_resolve(const char *base, const char *reference, char **ret, struct err *err)
{
	AUTO(libcurl_url_freep) CURLU *url = parse(base);
	AUTO(libcurl_freep) char *text = NULL;

	if (!url ||
	    libcurl.url_set(url, CURLUPART_URL, reference, CURLU_DISALLOW_USER) != CURLUE_OK ||
	    !is_http(url) || libcurl.url_set(url, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK ||
	    libcurl.url_get(url, CURLUPART_URL, &text, 0) != CURLUE_OK)
		return err_set(err, ERR_PROTOCOL, "'%s' is not an address that can be followed",
			       reference);
	*ret = xstrdup(text);
	return 0;
}

int url_resolve_path(const char *base, const char *reference, char **ret, struct err *err)
{
	AUTO(freep) char *whole = NULL;
	AUTO(libcurl_url_freep) CURLU *there = NULL;
	AUTO(libcurl_freep) char *path = NULL;
	AUTO(libcurl_freep) char *query = NULL;
	AUTO(str_release) struct str target = STR_INIT;

	if (url_resolve(base, reference, &whole, err) < 0)
		return -1;
	there = parse(whole);
	path = there ? part(there, CURLUPART_PATH) : NULL;
	query = there ? part(there, CURLUPART_QUERY) : NULL;
	str_add(&target, path ?: "/");
	if (query)
		str_addf(&target, "?%s", query);
	return url_resolve(base, target.ptr, ret, err);
}

int url_check(const char *url, struct err *err)
{
	AUTO(libcurl_url_freep) CURLU *parsed = parse(url);

	if (!parsed || !is_http(parsed))
		return err_set(err, ERR_PROTOCOL, "'%s' is not an http or https address", url);
	return 0;
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart what)
{
	AUTO(libcurl_freep) char *in_a = part(a, what);
	AUTO(libcurl_freep) char *in_b = part(b, what);

	return in_a && in_b && strcasecmp(in_a, in_b) == 0;
}

char *url_origin(const char *url)
{
	AUTO(libcurl_url_freep) CURLU *parsed = parse(url);
	AUTO(libcurl_freep) char *scheme = parsed ? part(parsed, CURLUPART_SCHEME) : NULL;
	AUTO(libcurl_freep) char *host = parsed ? part(parsed, CURLUPART_HOST) : NULL;
	char *port = NULL, *origin;

	if (!scheme || !host)
		return NULL;
	if (libcurl.url_get(parsed, CURLUPART_PORT, &port, 0) != CURLUE_OK)
		return xasprintf("%s://%s", scheme, host);
	origin = xasprintf("%s://%s:%s", scheme, host, port);
	libcurl_freep(&port);
	return origin;
}

bool url_same_origin(const char *a, const char *b)
{
	AUTO(libcurl_url_freep) CURLU *url_a = parse(a);
	AUTO(libcurl_url_freep) CURLU *url_b = parse(b);

	return url_a && url_b && same_part(url_a, url_b, CURLUPART_SCHEME) &&
	       same_part(url_a, url_b, CURLUPART_HOST) && same_part(url_a, url_b, CURLUPART_PORT);
}

bool url_is_https(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0;
}

char *url_host(const char *url)
{
	AUTO(libcurl_url_freep) CURLU *parsed = parse(url);
	AUTO(libcurl_freep) char *host = parsed ? part(parsed, CURLUPART_HOST) : NULL;
	size_t len;

	if (!host)
		return NULL;
	len = strlen(host);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']')
		return xstrndup(host + 1, len - 2);
	return xstrdup(host);
}

void url_add_query(struct str *url, const char *name, const char *value)
{
	AUTO(libcurl_freep) char *escaped = NULL;

	libcurl_load();
	escaped = libcurl.easy_escape(NULL, value, (int)strlen(value));
	str_addc(url, strchr(url->ptr, '?') ? '&' : '?');
	str_addf(url, "%s=%s", name, escaped ? escaped : "");
}

static void skip_blanks(struct span *rest)
{
	while (rest->len > 0 && strchr(" \t", *rest->ptr))
		*rest = (struct span){ .ptr = rest->ptr + 1, .len = rest->len - 1 };
}

static bool take_char(struct span *rest, char c)
{
	skip_blanks(rest);
	if (rest->len == 0 || *rest->ptr != c)
		return false;
	*rest = (struct span){ .ptr = rest->ptr + 1, .len = rest->len - 1 };
	return true;
}

static struct span take_until(struct span *rest, const char *ends)
{
	struct span taken = { .ptr = rest->ptr };

	while (taken.len < rest->len && !strchr(ends, rest->ptr[taken.len]))
		taken.len++;
	*rest = (struct span){ .ptr = rest->ptr + taken.len, .len = rest->len - taken.len };
	return span_trim(taken);
}

/* What is between quotes, with its backslashes: no relation has one. */
static struct span take_quoted(struct span *rest)
{
	struct span taken = { .ptr = rest->ptr };

	while (taken.len < rest->len && rest->ptr[taken.len] != '"')
		taken.len += rest->ptr[taken.len] == '\\' && taken.len + 1 < rest->len ? 2 : 1;
	*rest = (struct span){ .ptr = rest->ptr + taken.len, .len = rest->len - taken.len };
	(void)take_char(rest, '"');
	return taken;
}

/* Relations are words without case, several in one value. */
static bool has_next(struct span relations)
{
	while (relations.len > 0) {
		struct span word;

		(void)span_cut(&relations, ' ', &word);
		if (span_eq_nocase(word, "next"))
			return true;
	}
	return false;
}

/* Behind "<...>": is it the next one? Of several `rel` only the first counts (RFC 8288, 3.3). */
static bool params_say_next(struct span *rest)
{
	bool is_next = false, is_known = false;

	while (take_char(rest, ';')) {
		struct span name = take_until(rest, "=;,"), value = { .ptr = "" };

		if (take_char(rest, '='))
			value = take_char(rest, '"') ? take_quoted(rest) : take_until(rest, ";,");
		if (is_known || !span_eq_nocase(name, "rel"))
			continue;
		is_known = true;
		is_next = has_next(value);
	}
	return is_next;
}

char *link_next(const char *header)
{
	struct span rest = span_of(header), before, target;

	while (span_cut(&rest, '<', &before) && span_cut(&rest, '>', &target)) {
		if (params_say_next(&rest))
			return span_dup(target);
	}
	return NULL;
}

static enum address_reach reach_v4(uint32_t address)
{
	if (address >> 24 == 127)
		return REACH_LOOPBACK;
	if (address >> 16 == 0xa9fe)
		return REACH_LINK_LOCAL;
	if (address >> 24 == 10 || address >> 24 == 0 || address >> 20 == 0xac1 ||
	    address >> 16 == 0xc0a8)
		return REACH_PRIVATE;
	return REACH_PUBLIC;
}

static enum address_reach reach_v6(const struct in6_addr *address)
{
	const uint8_t *byte = address->s6_addr;

	if (IN6_IS_ADDR_LOOPBACK(address))
		return REACH_LOOPBACK;
	if (IN6_IS_ADDR_V4MAPPED(address))
		return reach_v4((uint32_t)byte[12] << 24 | (uint32_t)byte[13] << 16 |
				(uint32_t)byte[14] << 8 | byte[15]);
	if (IN6_IS_ADDR_LINKLOCAL(address))
		return REACH_LINK_LOCAL;
	if ((byte[0] & 0xfe) == 0xfc || IN6_IS_ADDR_UNSPECIFIED(address))
		return REACH_PRIVATE;
	return REACH_PUBLIC;
}

enum address_reach address_reach(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (strcasecmp(host, "localhost") == 0)
		return REACH_LOOPBACK;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return reach_v4(ntohl(v4.s_addr));
	if (inet_pton(AF_INET6, host, &v6) == 1)
		return reach_v6(&v6);
	return REACH_PUBLIC;
}
