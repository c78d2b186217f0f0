#include "libcurl.h"

/* clang-format off */
LIBRARY_DEFINE(libcurl, LIBCURL_SONAME, LIBCURL_FUNCTIONS)
/* clang-format on */

void libcurl_url_freep(CURLU **url)
{
	if (*url)
		libcurl.url_cleanup(*url);
}

void libcurl_freep(char **text)
{
	if (*text)
		libcurl.free(*text);
}
