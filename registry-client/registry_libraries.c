#include "registry/registry_libraries.h"

#include "libcurl.h"

void registry_libraries(struct strmap *versions)
{
	const curl_version_info_data *info = NULL;

	libcurl_load();
	info = libcurl.version_info(CURLVERSION_NOW);
	strmap_set(versions, "libcurl", info->version);
	if (info->nghttp2_version)
		strmap_set(versions, "nghttp2", info->nghttp2_version);
}
