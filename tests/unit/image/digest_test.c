#include "image/digest.h"

#include "image_unit.h"

#define ABC_256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC_512                                                            \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

static void parse(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{ "sha256:" ABC_256, true },
		{ "sha512:" ABC_512, true },
		{ "", false },
		{ "sha256:", false },
		{ ABC_256, false },
		{ "sha256:" ABC_256 "0", false },
		{ "sha512:" ABC_256, false },
		{ "sha256:" ABC_512, false },
		{ "sha384:" ABC_256, false },
		{ "SHA256:" ABC_256, false },
		{ "sha256:BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		  false },
		{ "sha256:../../../../../../../../../../../../../../../../../../etc/passwd0",
		  false },
		{ "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a\n",
		  false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct digest d = { .text = "untouched" };

		err_clear(&err_);
		assert_row((digest_parse(rows[i].text, &d, &err_) == 0) == rows[i].ok,
			   rows[i].text);
		if (rows[i].ok) {
			assert_string_equal(d.text, rows[i].text);
		} else {
			assert_row(err_.kind == ERR_INPUT, rows[i].text);
			assert_string_equal(d.text, "untouched");
		}
	}
}

static void parts(void **state)
{
	(void)state;
	struct digest d = { .text = "" };

	assert_false(digest_is_set(&d));
	assert_ok(digest_parse("sha512:" ABC_512, &d, &err_));
	assert_true(digest_is_set(&d));
	assert_int_equal(digest_algorithm_of(&d), DIGEST_SHA512);
	assert_string_equal(digest_hex(&d), ABC_512);
	assert_string_equal(digest_algorithm_name(DIGEST_SHA512), "sha512");
}

/* FIPS 180-2, appendices B and C */
static void hashes(void **state)
{
	(void)state;
	AUTO(hasher_freep) struct hasher *h = hasher_new(DIGEST_SHA512);
	struct digest d, again;

	digest_of("abc", 3, &d);
	assert_string_equal(d.text, "sha256:" ABC_256);
	digest_of("", 0, &d);
	assert_string_equal(
		d.text, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hasher_update(h, "a", 1);
	hasher_update(h, "bc", 2);
	hasher_finish(h, &d);
	assert_string_equal(d.text, "sha512:" ABC_512);
	hasher_update(h, "abc", 3);
	hasher_finish(h, &again);
	assert_true(digest_equal(&d, &again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(parts),
		cmocka_unit_test(hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
