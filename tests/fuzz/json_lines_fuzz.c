/* Lines of JSON: what they are, and how they end, does not depend on where the bytes were cut. */
#include "json_lines.h"

#include <string.h>

#include "base/str.h"
#include "fuzz.h"

#define LIMIT 64 /* so that lines become too long */

/* All that was taken, a line each. */
static int note(void *data, const json_t *json, struct err *err)
{
	struct str *seen = data;
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

	(void)err;
	FUZZ_CHECK(text);
	str_addf(seen, "%s\n", text);
	free(text);
	return 0;
}

/* In pieces of `step` bytes. */
static int take(const char *bytes, size_t len, size_t step, struct str *seen)
{
	struct json_lines lines = { .line = note, .data = seen };
	int status = 0;

	json_lines_init(&lines, LIMIT);
	for (size_t at = 0; at < len && status == 0; at += step)
		status = json_lines_take(&lines, bytes + at, len - at < step ? len - at : step,
					 NULL);
	if (status == 0)
		status = json_lines_end(&lines, NULL);
	json_lines_release(&lines);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_release) struct str whole = STR_INIT, cut = STR_INIT;
	size_t step = size > 0 ? 1 + data[0] % 9 : 1;
	int status = take((const char *)data, size, size + 1, &whole);

	FUZZ_CHECK(take((const char *)data, size, step, &cut) == status);
	FUZZ_CHECK(strcmp(whole.ptr, cut.ptr) == 0);
	return 0;
}
