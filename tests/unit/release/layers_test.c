#include "layers.h"

#include <stdlib.h>

#include "../base/unit.h"
#include "base/str.h"

/* "arm64: a10 b20; arm/v7: c30" is an image for two platforms: layers are a letter and a size. Images stand between bars. */
static void add_platform(struct span text, struct image_layers *ret)
{
	struct descriptors layers = { .items = NULL };
	struct platform platform = { .os = "" };
	struct span name;
	AUTO(freep) char *word = NULL;

	(void)span_cut(&text, ':', &name);
	word = span_dup(span_trim(name));
	assert_ok(platform_parse(word, &platform, &err_));
	for (text = span_trim(text); text.len > 0; text = span_trim(text)) {
		struct descriptor *layer = VEC_ADD(&layers);

		(void)span_cut(&text, ' ', &name);
		*layer = (struct descriptor){ .media_type = xstrdup("layer") };
		digest_of(name.ptr, 1, &layer->digest);
		layer->size = strtoull(name.ptr + 1, NULL, 10);
	}
	image_layers_add(ret, &platform, &layers);
	descriptors_release(&layers);
}

static void fill(const char *text, struct image_layers *ret)
{
	struct span rest = span_of(text), image, part;

	while (rest.len > 0) {
		(void)span_cut(&rest, '|', &image);
		while (image.len > 0) {
			(void)span_cut(&image, ';', &part);
			add_platform(part, ret);
		}
	}
}

static void add_text(const struct downloads *downloads, struct str *out)
{
	VEC_FOREACH(download, downloads) {
		char text[PLATFORM_TEXT_MAX];

		str_addf(out, "%s %llu/%llu %u/%u;", platform_format(&download->platform, text),
			 (unsigned long long)download->bytes,
			 (unsigned long long)download->whole_bytes, download->layers,
			 download->all_layers);
	}
}

static void compared(void **state)
{
	static const struct {
		const char *before, *after, *expected;
	} rows[] = {
		{ "arm64: a10 b20", "arm64: a10 b20", "linux/arm64 0/30 0/2;" },
		{ "arm64: a10 b20", "arm64: a10 c5", "linux/arm64 5/15 1/2;" },
		/* another base: what is above it is downloaded again */
		{ "arm64: a10 b20", "arm64: c5 b20", "linux/arm64 25/25 2/2;" },
		/* whichever image of the older release has them */
		{ "arm64: a10|arm64: c5 d1", "arm64: c5 e2", "linux/arm64 2/7 1/2;" },
		/* what two images share counts once */
		{ "", "arm64: a10 b1|arm64: a10 c2", "linux/arm64 13/13 3/3;" },
		{ "", "arm64: a10 b1|arm64: b1", "linux/arm64 12/12 3/3;" },
		{ "", "arm64: a10", "linux/arm64 10/10 1/1;" },
		{ "arm64: a10", "", "" },
		/* what is for another processor is no help */
		{ "arm64: a10", "arm/v7: a10", "linux/arm/v7 10/10 1/1;" },
		{ "arm64: a10; arm/v7: b20", "arm/v7: b20 c1; arm64: d3",
		  "linux/arm/v7 1/21 1/2;linux/arm64 3/3 1/1;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(image_layers_release) struct image_layers before = { .items = NULL };
		AUTO(image_layers_release) struct image_layers after = { .items = NULL };
		AUTO(str_release) struct str text = STR_INIT;
		struct downloads downloads = { .items = NULL };

		fill(rows[i].before, &before);
		fill(rows[i].after, &after);
		image_layers_compare(&before, &after, &downloads);
		add_text(&downloads, &text);
		if (strcmp(text.ptr, rows[i].expected) != 0)
			fail_msg("%s -> %s: %s, not %s", rows[i].before, rows[i].after, text.ptr,
				 rows[i].expected);
		downloads_release(&downloads);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
