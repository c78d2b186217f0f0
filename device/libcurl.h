/* The functions of libcurl that this room calls, loaded with the first of them (base/library.h). */
#ifndef DEVICE_LIBCURL_H
#define DEVICE_LIBCURL_H

#include <curl/curl.h>

#include "base/library.h"

/* clang-format off */
#define ENGINE_CURL_FUNCTIONS(X) \
	X(curl, easy_cleanup) X(curl, easy_escape) X(curl, easy_getinfo) X(curl, easy_init) \
	X(curl, easy_perform) X(curl, easy_recv) X(curl, easy_reset) X(curl, easy_send) \
	X(curl, easy_setopt) X(curl, easy_strerror) X(curl, free) \
	X(curl, multi_add_handle) X(curl, multi_cleanup) X(curl, multi_info_read) \
	X(curl, multi_init) X(curl, multi_perform) X(curl, multi_poll) \
	X(curl, multi_remove_handle) X(curl, multi_strerror) X(curl, slist_append) \
	X(curl, slist_free_all)

LIBRARY_DECLARE(engine_curl, ENGINE_CURL_FUNCTIONS)
/* clang-format on */

#endif
