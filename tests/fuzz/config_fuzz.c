/* Image configs: parse, write, parse, write gives the same bytes; a copy is the same. */
#include "fuzz.h"

#include <string.h>

#include "image/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	struct str written = STR_INIT, copied = STR_INIT, again = STR_INIT;
	struct image_config first, copy, second;
	struct err err = ERR_INIT;

	if (image_config_parse(text, &first, &err) < 0) {
		FUZZ_CHECK(err.kind != ERR_NONE && err.message);
		err_release(&err);
		return 0;
	}
	image_config_write(&first, &written);
	image_config_copy(&copy, &first);
	image_config_write(&copy, &copied);
	FUZZ_CHECK(strcmp(written.ptr, copied.ptr) == 0);
	if (image_config_parse(str_span(&written), &second, &err) == 0) {
		image_config_write(&second, &again);
		FUZZ_CHECK(strcmp(written.ptr, again.ptr) == 0);
		image_config_release(&second);
	} else {
		FUZZ_CHECK(err.kind == ERR_LIMIT);
	}
	image_config_release(&first);
	image_config_release(&copy);
	str_release(&written);
	str_release(&copied);
	str_release(&again);
	err_release(&err);
	return 0;
}
