#include "secret_mask.h"

#include "unit.h"

/* What is shown of a text that arrives in pieces of `size` bytes. */
static char *shown(const struct secret_mask *mask, const char *text, size_t size)
{
	struct str out = STR_INIT;
	AUTO(str_release) struct str pending = STR_INIT;
	size_t len = strlen(text);

	for (size_t at = 0; at < len; at += size) {
		size_t piece = len - at < size ? len - at : size;

		secret_mask_apply(mask, &pending, (struct span){ text + at, piece }, false, &out);
	}
	secret_mask_apply(mask, &pending, (struct span){ "", 0 }, true, &out);
	return str_detach(&out);
}

static void secrets_are_masked_however_they_are_cut(void **state)
{
	(void)state;
	static const struct {
		const char *first, *second, *text, *expected;
	} rows[] = {
		{ "hunter2", NULL, "it is hunter2.\n", "it is ***.\n" },
		{ "hunter2", NULL, "hunter2hunter2", "******" },
		{ "hunter2", NULL, "hunter", "hunter" },
		{ "hunter2", NULL, "hunthunter2", "hunt***" },
		{ "hunter2\n", NULL, "a hunter2 b", "a *** b" },
		{ "aaab", NULL, "aaaaab", "aa***" },
		{ "one\ntwo-long\nthree-long", NULL, "three-long one two-long", "*** one ***" },
		{ "long-secret", "long", "long long-secret long-se", "*** *** ***-se" },
		{ "abc", NULL, "abc", "abc" },
		{ "", NULL, "x", "x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(secret_mask_release) struct secret_mask mask = SECRET_MASK_INIT;

		secret_mask_add(&mask, span_of(rows[i].first));
		if (rows[i].second)
			secret_mask_add(&mask, span_of(rows[i].second));
		for (size_t size = 1; size < 30; size++) {
			AUTO(freep) char *got = shown(&mask, rows[i].text, size);

			if (!str_eq(got, rows[i].expected))
				fail_msg("'%s' in pieces of %zu: '%s'", rows[i].text, size, got);
		}
	}
}

static void nothing_is_held_back_that_is_no_beginning(void **state)
{
	(void)state;
	AUTO(secret_mask_release) struct secret_mask mask = SECRET_MASK_INIT;
	AUTO(str_release) struct str pending = STR_INIT;
	AUTO(str_release) struct str out = STR_INIT;

	secret_mask_add(&mask, SPAN_LIT("hunter2"));
	secret_mask_apply(&mask, &pending, SPAN_LIT("Password: "), false, &out);
	assert_string_equal(out.ptr, "Password: ");
	secret_mask_apply(&mask, &pending, SPAN_LIT("hunt"), false, &out);
	assert_string_equal(out.ptr, "Password: ");
	secret_mask_apply(&mask, &pending, SPAN_LIT("ing\n"), false, &out);
	assert_string_equal(out.ptr, "Password: hunting\n");
}

/* As a file of certificates has: found is the longest one, each once, also where many begin alike. */
static void many_lines_are_told_apart(void **state)
{
	(void)state;
	AUTO(secret_mask_release) struct secret_mask mask = SECRET_MASK_INIT;
	AUTO(str_release) struct str value = STR_INIT;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(str_release) struct str expected = STR_INIT;

	for (unsigned i = 0; i < 20000; i++) {
		str_addf(&value, "line%u\n%05u-line\n", i % 10000, i);
		if (i % 1000 == 777) {
			str_addf(&text, "<line%u|%05u-line|%05u-lin>", i % 10000, i, i);
			str_addf(&expected, "<***|***|%05u-lin>", i);
		}
	}
	secret_mask_add(&mask, str_span(&value));
	secret_mask_add(&mask, str_span(&value));
	for (size_t size = 1; size < 40; size += 13) {
		AUTO(freep) char *got = shown(&mask, text.ptr, size);

		assert_string_equal(got, expected.ptr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_masked_however_they_are_cut),
		cmocka_unit_test(nothing_is_held_back_that_is_no_beginning),
		cmocka_unit_test(many_lines_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
