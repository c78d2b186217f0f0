/* Dockerfile templates: lines keep their numbers, and what has no names stays as it is. */
#include "dockerfile_template.h"

#include "fuzz.h"

static size_t count_lines(struct span text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(strmap_release) struct strmap none = STRMAP_INIT;
	AUTO(strmap_release) struct strmap values = STRMAP_INIT;
	AUTO(str_release) struct str plain = STR_INIT;
	AUTO(str_release) struct str filled = STR_INIT;
	const struct span text = { .ptr = (const char *)data, .len = size };

	strmap_set(&values, "BALENA_ARCH", "%%BALENA_ARCH%%");
	if (dockerfile_template_expand(text, "f", &none, &plain, NULL) == 0)
		FUZZ_CHECK(plain.len == size && memcmp(plain.ptr, data, size) == 0);
	if (dockerfile_template_expand(text, "f", &values, &filled, NULL) == 0) {
		FUZZ_CHECK(count_lines(str_span(&filled)) == count_lines(text));
		FUZZ_CHECK(filled.len == size && memcmp(filled.ptr, data, size) == 0);
	}
	return 0;
}
