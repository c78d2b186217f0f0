#include "sandbox/sandbox_libraries.h"

#include <sys/capability.h>

#include "base/alloc.h"
#include "libseccomp.h"
#include "libsubid.h"

void sandbox_libraries(struct strmap *versions)
{
	AUTO(freep) char *cap = xasprintf("%d.%d", LIBCAP_MAJOR, LIBCAP_MINOR);
	AUTO(freep)
	char *subid = xasprintf("%d.%d.%d", SUBID_ABI_MAJOR, SUBID_ABI_MINOR, SUBID_ABI_MICRO);
	AUTO(freep) char *seccomp = NULL;
	const struct scmp_version *version = NULL;

	libseccomp_load();
	version = libseccomp.version();
	seccomp = xasprintf("%u.%u.%u", version->major, version->minor, version->micro);
	strmap_set(versions, "libseccomp", seccomp);
	/* These two do not say at run time. */
	strmap_set(versions, "libcap", cap);
	strmap_set(versions, "libsubid", subid);
}
