#include "image/reference.h"

#include "image_unit.h"

#define HEX    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DIGEST "sha256:" HEX

static void parse(void **state)
{
	(void)state;
	static const struct {
		const char *text, *canonical, *short_form;
	} rows[] = {
		{ "debian", "docker.io/library/debian:latest", "debian:latest" },
		{ "debian:12", "docker.io/library/debian:12", "debian:12" },
		{ "library/debian", "docker.io/library/debian:latest", "debian:latest" },
		{ "docker.io/debian", "docker.io/library/debian:latest", "debian:latest" },
		{ "index.docker.io/debian", "docker.io/library/debian:latest", "debian:latest" },
		{ "docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest" },
		{ "user/app:v1.2_3-x", "docker.io/user/app:v1.2_3-x", "user/app:v1.2_3-x" },
		{ "localhost/app", "localhost/app:latest", "localhost/app:latest" },
		{ "localhost:5000/app", "localhost:5000/app:latest", "localhost:5000/app:latest" },
		{ "reg.example.com/a/b/c:1", "reg.example.com/a/b/c:1", "reg.example.com/a/b/c:1" },
		{ "reg:5000/app:1", "reg:5000/app:1", "reg:5000/app:1" },
		{ "192.168.1.2:5000/app", "192.168.1.2:5000/app:latest",
		  "192.168.1.2:5000/app:latest" },
		{ "[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest" },
		{ "[fe80::1]/app", "[fe80::1]/app:latest", "[fe80::1]/app:latest" },
		{ "Reg/app", "Reg/app:latest", "Reg/app:latest" },
		{ "a__b/c-_d", NULL, NULL },
		{ "a__b/c--d.e", "docker.io/a__b/c--d.e:latest", "a__b/c--d.e:latest" },
		{ "app@" DIGEST, "docker.io/library/app@" DIGEST, "app@" DIGEST },
		{ "app:1@" DIGEST, "docker.io/library/app:1@" DIGEST, "app:1@" DIGEST },
		{ "r:1/app:1@" DIGEST, "r:1/app:1@" DIGEST, "r:1/app:1@" DIGEST },
		{ HEX, "docker.io/library/" HEX ":latest", HEX ":latest" },
		/* errors */
		{ "", NULL, NULL },
		{ ":1", NULL, NULL },
		{ "@" DIGEST, NULL, NULL },
		{ "app:", NULL, NULL },
		{ "app:-x", NULL, NULL },
		{ "app:.x", NULL, NULL },
		{ "app:a b", NULL, NULL },
		{ "App", NULL, NULL },
		{ "user/App", NULL, NULL },
		{ "/app", NULL, NULL },
		{ "reg.io/", NULL, NULL },
		{ "a//b", NULL, NULL },
		{ "a/", NULL, NULL },
		{ "-a", NULL, NULL },
		{ "a-", NULL, NULL },
		{ "a..b", NULL, NULL },
		{ "a___b", NULL, NULL },
		{ "a/../b", NULL, NULL },
		{ "-reg.io/app", NULL, NULL },
		{ "reg.io:99999/app", NULL, NULL },
		{ "reg.io:/app", NULL, NULL },
		{ "reg..io/app", NULL, NULL },
		{ "[::1/app", NULL, NULL },
		{ "[]/app", NULL, NULL },
		{ "app@sha256:12", NULL, NULL },
		{ "app@md5:" HEX, NULL, NULL },
		{ "app@" DIGEST ":1", NULL, NULL },
		{ "http://reg.io/app", NULL, NULL },
		{ "a\tb", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(image_ref_release)
		struct image_ref ref = IMAGE_REF_INIT, again = IMAGE_REF_INIT;

		err_clear(&err_);
		if (image_ref_parse(rows[i].text, &ref, &err_) < 0) {
			assert_row(!rows[i].canonical && err_.kind == ERR_INPUT, rows[i].text);
			assert_null(ref.host);
			continue;
		}
		AUTO(freep) char *canonical = image_ref_format(&ref);
		AUTO(freep) char *short_form = image_ref_format_short(&ref);
		assert_row(str_eq(canonical, rows[i].canonical), rows[i].text);
		assert_row(str_eq(short_form, rows[i].short_form), rows[i].text);
		/* both mean the same image */
		assert_ok(image_ref_parse(short_form, &again, &err_));
		AUTO(freep) char *back = image_ref_format(&again);
		assert_row(str_eq(canonical, back), rows[i].text);
	}
}

static char *repeat(const char *before, char c, size_t count)
{
	struct str s = STR_INIT;

	str_add(&s, before);
	while (count--)
		str_addc(&s, c);
	return str_detach(&s);
}

static void lengths(void **state)
{
	(void)state;
	static const struct {
		const char *before;
		size_t count;
		bool ok;
	} rows[] = {
		{ "app:", 128, true },     { "app:", 129, false }, { "reg.io/", 255, true },
		{ "reg.io/", 256, false }, { "", 247, true }, /* with "library/" */
		{ "", 248, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
		AUTO(freep) char *text = repeat(rows[i].before, 'a', rows[i].count);

		err_clear(&err_);
		assert_row((image_ref_parse(text, &ref, &err_) == 0) == rows[i].ok, rows[i].before);
	}
}

static void version_and_copy(void **state)
{
	(void)state;
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT, copy = IMAGE_REF_INIT;

	assert_ok(image_ref_parse("app:1@" DIGEST, &ref, &err_));
	assert_string_equal(image_ref_version(&ref), DIGEST);
	image_ref_copy(&copy, &ref);
	image_ref_release(&ref);
	assert_string_equal(copy.tag, "1");
	copy.digest = (struct digest){ .text = "" };
	assert_string_equal(image_ref_version(&copy), "1");
}

static void upper_case_has_a_hint(void **state)
{
	(void)state;
	struct image_ref ref;

	assert_fails(image_ref_parse("user/App", &ref, &err_), ERR_INPUT);
	assert_string_equal(err_.message, "image name 'user/App': 'user/App' must be lower case");
	assert_non_null(err_.hint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(lengths),
		cmocka_unit_test(version_and_copy),
		cmocka_unit_test(upper_case_has_a_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
