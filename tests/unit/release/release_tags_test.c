#include "release/catalogue.h"

#include "../base/unit.h"

static void names(void **state)
{
	static const struct {
		const char *name;
		bool is_fine;
	} rows[] = {
		{ "stable", true },     { "v1.2-3-g0123", true }, { "1.0_rc1", true },
		{ "", false },          { "a/b", false },         { "a:b", false },
		{ "-a", false },        { "a b", false },         { "image.app.0123", false },
		{ "draft.v1", false },  { "previous.x", false },  { "image", true },
		{ "images.are", true }, { "a@b", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err_clear(&err_);
		assert_row((release_check_name(rows[i].name, "channel", &err_) == 0) ==
				   rows[i].is_fine,
			   rows[i].name);
		assert_row(rows[i].is_fine || err_.kind == ERR_INPUT, rows[i].name);
	}
}

/* The longest name leaves room for what is put before it. */
static void lengths(void **state)
{
	char name[140];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[119] = '\0';
	assert_ok(release_check_name(name, "version", &err_));
	name[119] = 'a';
	name[120] = '\0';
	assert_int_equal(release_check_name(name, "version", &err_), -1);
}

static void images(void **state)
{
	AUTO(freep) char *tag = NULL, *none = NULL;
	struct digest digest;

	(void)state;
	digest_of("hello", 5, &digest);
	assert_ok(release_image_tag("app", &digest, &tag, &err_));
	assert_string_equal(tag, "image.app.2cf24dba5fb0");
	err_clear(&err_);
	assert_int_equal(release_image_tag("what ever", &digest, &none, &err_), -1);
	assert_non_null(strstr(err_.message, "'what ever'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(lengths),
		cmocka_unit_test(images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
