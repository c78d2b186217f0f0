#include "builder/build.h"

#include "base/str.h"
#include "unit.h"

static void volumes(void **state)
{
	static const struct {
		const char *text, *source, *target; /* NULL = refused */
		bool read_only;
		enum volume_cache cache;
	} rows[] = {
		{ "dir:/in", "dir", "/in", false, VOLUME_BY_PATH },
		{ "./dir:/in/:rw", "dir", "/in", false, VOLUME_BY_PATH },
		{ "dir/../file:/in//x/..:ro", "file", "/in", true, VOLUME_BY_PATH },
		{ "link:/in", "dir", "/in", false, VOLUME_BY_PATH },
		{ "dir:/in:cache=path", "dir", "/in", false, VOLUME_BY_PATH },
		{ "dir:/in:ro:cache=content", "dir", "/in", true, VOLUME_BY_CONTENT },
		{ "dir:/in:cache=none:ro", "dir", "/in", true, VOLUME_NEVER },
		{ "dir:/in:cache=all", NULL, NULL, false, VOLUME_BY_PATH },
		{ "dir:/in:ro:", NULL, NULL, false, VOLUME_BY_PATH },
		{ "dir", NULL, NULL, false, VOLUME_BY_PATH },
		{ ":/in", NULL, NULL, false, VOLUME_BY_PATH },
		{ "dir:", NULL, NULL, false, VOLUME_BY_PATH },
		{ "dir:in", NULL, NULL, false, VOLUME_BY_PATH },
		{ "dir:/", NULL, NULL, false, VOLUME_BY_PATH },
		{ "dir:/in:z", NULL, NULL, false, VOLUME_BY_PATH },
		{ "dir:/in:", NULL, NULL, false, VOLUME_BY_PATH },
		{ "nope:/in", NULL, NULL, false, VOLUME_BY_PATH },
	};
	AUTO(freep) char *base = NULL;

	(void)state;
	assert_ok(fs_realpath(".", &base, &err_));
	assert_int_equal(mkdir("dir", 0755), 0);
	assert_int_equal(symlink("dir", "link"), 0);
	write_text("file", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct build_volumes volumes_ = { .items = NULL };
		struct build_volume *volume = VEC_ADD(&volumes_);
		AUTO(freep)
		char *source = rows[i].source ? xasprintf("%s/%s", base, rows[i].source) : NULL;
		int result;

		err_clear(&err_);
		result = build_volume_parse(rows[i].text, base, volume, &err_);
		assert_row((result == 0) == (source != NULL), rows[i].text);
		assert_row(str_eq(volume->source, source), rows[i].text);
		assert_row(str_eq(volume->target, rows[i].target), rows[i].text);
		assert_row(volume->read_only == rows[i].read_only, rows[i].text);
		assert_row(volume->cache == rows[i].cache, rows[i].text);
		assert_row(result == 0 || err_.kind == ERR_USAGE, rows[i].text);
		build_volumes_release(&volumes_);
	}
	err_clear(&err_);
}

/* An absolute source does not depend on where we are. */
static void an_absolute_source_stays(void **state)
{
	AUTO(build_volumes_release) struct build_volumes volumes_ = { .items = NULL };

	(void)state;
	assert_ok(build_volume_parse("/dev/null:/in", "/nowhere", VEC_ADD(&volumes_), &err_));
	assert_string_equal(volumes_.items[0].source, "/dev/null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(volumes),
		scratch_test(an_absolute_source_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
