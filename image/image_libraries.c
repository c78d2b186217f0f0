#include "image/image_libraries.h"

#include <libdeflate.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <string.h>
#include <zstd.h>

#include "libarchive.h"

void image_libraries(struct strmap *versions)
{
	libarchive_load();
	strmap_set(versions, "libarchive", strchr(libarchive.version_string(), ' ') + 1);
	/* It does not say at run time. */
	strmap_set(versions, "libdeflate", LIBDEFLATE_VERSION_STRING);
	strmap_set(versions, "openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
	strmap_set(versions, "sqlite", sqlite3_libversion());
	strmap_set(versions, "zstd", ZSTD_versionString());
}
