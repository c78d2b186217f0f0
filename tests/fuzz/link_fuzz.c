/* Link: the address that is found stands in the field, and is found again when it stands there alone. */
#include "url.h"

#include <string.h>

#include "base/alloc.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A header field has no NUL. */
	AUTO(freep) char *field = xstrndup((const char *)data, size);
	AUTO(freep) char *target = link_next(field);
	AUTO(freep) char *alone = NULL, *again = NULL;

	if (!target)
		return 0;
	FUZZ_CHECK(strstr(field, target) && !strchr(target, '>'));
	alone = xasprintf("<%s>; rel=\"next\"", target);
	again = link_next(alone);
	FUZZ_CHECK(again && strcmp(again, target) == 0);
	return 0;
}
