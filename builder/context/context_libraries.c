#include "context/context_libraries.h"

#include "base/alloc.h"
#include "libgit2.h"

void context_libraries(struct strmap *versions)
{
	AUTO(freep) char *text = NULL;
	int major = 0;
	int minor = 0;
	int revision = 0;

	libgit2_load();
	(void)libgit2.libgit2_version(&major, &minor, &revision);
	text = xasprintf("%d.%d.%d", major, minor, revision);
	strmap_set(versions, "libgit2", text);
}
