#include "image/place.h"

#include "image_unit.h"

#define HEX64 "1111111111111111111111111111111111111111111111111111111111111111"

static void forms(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum place_kind kind;
		const char *ref, *path, *name, *digest;
	} rows[] = {
		{ "app:1", PLACE_NAME, "docker.io/library/app:1", NULL, NULL, NULL },
		{ "docker://host:5000/a", PLACE_REGISTRY, "host:5000/a:latest", NULL, NULL, NULL },
		{ "store:app", PLACE_STORE, "docker.io/library/app:latest", NULL, NULL, NULL },
		{ "oci:dir", PLACE_LAYOUT, NULL, "dir", NULL, NULL },
		{ "oci:/a/b.c:v1", PLACE_LAYOUT, NULL, "/a/b.c", "v1", NULL },
		{ "oci:dir:host/app:v1", PLACE_LAYOUT, NULL, "dir", "host/app:v1", NULL },
		{ "oci:dir@sha256:" HEX64, PLACE_LAYOUT, NULL, "dir", NULL, "sha256:" HEX64 },
		{ "oci:dir:v1@sha256:" HEX64, PLACE_LAYOUT, NULL, "dir", "v1", "sha256:" HEX64 },
		{ "oci-archive:a.tar:v1", PLACE_LAYOUT_ARCHIVE, NULL, "a.tar", "v1", NULL },
		{ "docker-archive:a.tar", PLACE_DOCKER_ARCHIVE, NULL, "a.tar", NULL, NULL },
		{ "docker-archive:a.tar:app", PLACE_DOCKER_ARCHIVE, NULL, "a.tar",
		  "docker.io/library/app:latest", NULL },
		{ "docker-archive:a.tar:app:2", PLACE_DOCKER_ARCHIVE, NULL, "a.tar",
		  "docker.io/library/app:2", NULL },
		/* no prefix: names like any other */
		{ "oci/app", PLACE_NAME, "docker.io/oci/app:latest", NULL, NULL, NULL },
		{ "store/app:1", PLACE_NAME, "docker.io/store/app:1", NULL, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(image_place_release) struct image_place place = IMAGE_PLACE_INIT;
		AUTO(freep) char *ref = NULL;

		assert_ok(image_place_parse(rows[i].text, &place, &err_));
		if (place.ref.host)
			ref = image_ref_format(&place.ref);
		assert_row(place.kind == rows[i].kind, rows[i].text);
		assert_row(str_eq(ref, rows[i].ref), rows[i].text);
		assert_row(str_eq(place.path, rows[i].path), rows[i].text);
		assert_row(str_eq(place.name, rows[i].name), rows[i].text);
		assert_row(str_eq(place.digest, rows[i].digest), rows[i].text);
	}
}

static void refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"oci:",
		"oci::v1",
		"oci:dir:",
		"docker-archive:",
		"docker-archive:a.tar:App",
		"oci:dir@sha256:12",
		"store:",
		"docker://",
		"App:1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(image_place_release) struct image_place place = IMAGE_PLACE_INIT;

		err_clear(&err_);
		assert_row(image_place_parse(rows[i], &place, &err_) == -1, rows[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
