#include "builder/annotation.h"

#include "base/str.h"
#include "base/vec.h"
#include "unit.h"

/* All that is said about a place, for linux/arm64 or for no platform. */
static char *selected(const struct annotations *annotations, enum annotation_place place,
		      const char *platform_text)
{
	AUTO(strmap_release) struct strmap found = STRMAP_INIT;
	struct platform platform;
	struct str out = STR_INIT;

	if (platform_text)
		assert_ok(platform_parse(platform_text, &platform, &err_));
	annotations_select(annotations, place, platform_text ? &platform : NULL, &found);
	VEC_FOREACH(item, &found)
		str_addf(&out, "%s=%s;", item->key, item->value);
	return str_detach(&out);
}

static void assert_selected(const struct annotations *annotations, enum annotation_place place,
			    const char *platform, const char *want)
{
	AUTO(freep) char *have = selected(annotations, place, platform);

	assert_string_equal(have, want);
}

static void options(void **state)
{
	AUTO(annotations_release) struct annotations all = { .items = NULL };

	(void)state;
	assert_ok(annotations_add(&all, "z=1", &err_));
	assert_ok(annotations_add(&all, "a=b=c", &err_));
	assert_ok(annotations_add(&all, "index:i=1", &err_));
	assert_ok(annotations_add(&all, "manifest[linux/arm64],index-descriptor:both=2", &err_));
	assert_ok(annotations_add(&all, "manifest-descriptor:d=", &err_));
	assert_selected(&all, ANNOTATE_MANIFEST, "linux/arm64", "a=b=c;both=2;z=1;");
	assert_selected(&all, ANNOTATE_MANIFEST, "linux/amd64", "a=b=c;z=1;");
	assert_selected(&all, ANNOTATE_INDEX, NULL, "i=1;");
	assert_selected(&all, ANNOTATE_INDEX_DESCRIPTOR, NULL, "both=2;");
	assert_selected(&all, ANNOTATE_MANIFEST_DESCRIPTOR, "linux/amd64", "d=;");
	assert_true(annotations_have(&all, ANNOTATE_INDEX));
}

static void attributes(void **state)
{
	AUTO(annotations_release) struct annotations all = { .items = NULL };

	(void)state;
	assert_ok(annotations_add_attribute(&all, "annotation.org.example.a", "1", &err_));
	assert_ok(annotations_add_attribute(&all, "annotation-index.b", "2", &err_));
	assert_ok(annotations_add_attribute(&all, "annotation-manifest-descriptor[linux/arm64].c",
					    "3", &err_));
	assert_ok(annotations_add_attribute(&all, "annotation[linux/arm64].d", "4", &err_));
	assert_selected(&all, ANNOTATE_MANIFEST, "linux/arm64", "d=4;org.example.a=1;");
	assert_selected(&all, ANNOTATE_MANIFEST, "linux/amd64", "org.example.a=1;");
	assert_selected(&all, ANNOTATE_INDEX, NULL, "b=2;");
	assert_selected(&all, ANNOTATE_MANIFEST_DESCRIPTOR, "linux/arm64", "c=3;");
	assert_selected(&all, ANNOTATE_MANIFEST_DESCRIPTOR, "linux/amd64", "");
}

static void mistakes(void **state)
{
	static const char *const rows[] = { "a",
					    "=b",
					    "index:=b",
					    "config:a=b",
					    "manifest[:a=b",
					    "manifest[]:a=b",
					    "index,:a=b",
					    "manifest[nope/x]:a=b",
					    "index[linux/arm64]:a=b" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(annotations_release) struct annotations all = { .items = NULL };

		assert_row(annotations_add(&all, rows[i], &err_) < 0, rows[i]);
		err_clear(&err_);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),
		cmocka_unit_test(attributes),
		cmocka_unit_test(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
