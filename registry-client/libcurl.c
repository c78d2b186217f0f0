#include "libcurl.h"

#include <pthread.h>

#include "base/attr.h"

struct libcurl libcurl;

static void load(void)
{
#define FUNCTION(prefix, name) LIBRARY_FUNCTION(libcurl, prefix, name),
	const struct library_function functions[] = { LIBCURL_FUNCTIONS(FUNCTION) };

	library_load(LIBCURL_SONAME, functions, ARRAY_SIZE(functions));
	/* It can only fail for want of memory, which the first handle shows. */
	(void)libcurl.global_init(CURL_GLOBAL_DEFAULT);
}

void libcurl_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
}

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
