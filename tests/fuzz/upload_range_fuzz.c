/* The Range of an upload: an offset that was read, written as a range, reads as the same. */
#include "upload_session.h"

#include <stdint.h>

#include "base/alloc.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A header field has no NUL. */
	AUTO(freep) char *field = xstrndup((const char *)data, size);
	AUTO(freep) char *range = NULL;
	uint64_t offset = 0, again = 0;

	if (!upload_range_parse(field, &offset))
		return 0;
	FUZZ_CHECK(offset > 0 && offset <= INT64_MAX);
	range = xasprintf("0-%llu", (unsigned long long)(offset - 1));
	FUZZ_CHECK(upload_range_parse(range, &again) && again == offset);
	return 0;
}
