/* Image names and platforms: the canonical and the short form mean what was read. */
#include "fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "image/platform.h"
#include "image/reference.h"

static void check_form(char *text, const char *canonical)
{
	struct image_ref ref = IMAGE_REF_INIT;
	char *back;

	FUZZ_CHECK(image_ref_parse(text, &ref, NULL) == 0);
	back = image_ref_format(&ref);
	FUZZ_CHECK(strcmp(back, canonical) == 0);
	free(back);
	free(text);
	image_ref_release(&ref);
}

static void check_reference(const char *text)
{
	struct image_ref ref = IMAGE_REF_INIT;
	char *canonical;

	if (image_ref_parse(text, &ref, NULL) < 0)
		return;
	/* it goes into URLs and paths */
	FUZZ_CHECK(!strstr(ref.repository, "..") && !strstr(ref.repository, "//"));
	FUZZ_CHECK(strlen(ref.repository) <= 255 && (!ref.tag || strlen(ref.tag) <= 128));
	FUZZ_CHECK(!strpbrk(ref.host, "/@ \t\r\n%?#"));
	FUZZ_CHECK(image_ref_version(&ref));
	canonical = image_ref_format(&ref);
	check_form(xstrdup(canonical), canonical);
	check_form(image_ref_format_short(&ref), canonical);
	free(canonical);
	image_ref_release(&ref);
}

static void check_platform(const char *text)
{
	char first[PLATFORM_TEXT_MAX], second[PLATFORM_TEXT_MAX];
	struct platform p, again;

	if (platform_parse(text, &p, NULL) < 0)
		return;
	platform_format(&p, first);
	FUZZ_CHECK(platform_parse(first, &again, NULL) == 0);
	FUZZ_CHECK(strcmp(first, platform_format(&again, second)) == 0);
	FUZZ_CHECK(platform_match(&p, &again) == 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);

	check_reference(text);
	check_platform(text);
	free(text);
	return 0;
}
