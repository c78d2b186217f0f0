/* The functions of libcurl that this room calls, loaded with the first of them (base/library.h). */
#ifndef REGISTRY_LIBCURL_H
#define REGISTRY_LIBCURL_H

#include <curl/curl.h>

#include "base/library.h"

/* clang-format off */
#define LIBCURL_FUNCTIONS(X) \
	X(curl, easy_cleanup) X(curl, easy_escape) X(curl, easy_getinfo) X(curl, easy_init) \
	X(curl, easy_setopt) X(curl, easy_strerror) X(curl, free) X(curl, getdate) \
	X(curl, multi_add_handle) X(curl, multi_cleanup) X(curl, multi_info_read) \
	X(curl, multi_init) X(curl, multi_perform) X(curl, multi_poll) \
	X(curl, multi_remove_handle) X(curl, multi_strerror) X(curl, multi_wakeup) X(curl, slist_append) \
	X(curl, slist_free_all) X(curl, url) X(curl, url_cleanup) X(curl, url_get) \
	X(curl, url_set) X(curl, version_info)

LIBRARY_DECLARE(libcurl, LIBCURL_FUNCTIONS)
/* clang-format on */

/* For AUTO. */
void libcurl_url_freep(CURLU **url);
void libcurl_freep(char **text);

#endif
