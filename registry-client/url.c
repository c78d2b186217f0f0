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

/*
 * Behind "<...>": is one of the parameters up to the next comma outside of quotes rel=next? Moves
 * *rest behind it.
 */
static bool params_say_next(struct span *rest)
{
	bool quoted = false;
	size_t end = 0;
	struct span params, param;

	for (; end < rest->len && (quoted || rest->ptr[end] != ','); end++)
		quoted ^= rest->ptr[end] == '"';
	params = (struct span){ .ptr = rest->ptr, .len = end };
	*rest = (struct span){ .ptr = rest->ptr + end, .len = rest->len - end };
	while (params.len > 0) {
		span_cut(&params, ';', &param);
		param = span_trim(param);
		if (span_eq_nocase(param, "rel=\"next\"") || span_eq_nocase(param, "rel=next"))
			return true;
	}
	return false;
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
