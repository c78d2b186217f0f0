#include "base/diag.h"

#include "unit.h"

static const char *const instructions[] = { "ADD",        "ARG",    "CMD",     "COPY",
					    "ENTRYPOINT", "ENV",    "FROM",    "LABEL",
					    "ONBUILD",    "RUN",    "SHELL",   "STOPSIGNAL",
					    "USER",       "VOLUME", "WORKDIR", NULL };

static void nearest(void **state)
{
	(void)state;
	static const struct {
		const char *word, *expect;
	} rows[] = {
		{ "RNU", "RUN" },    /* two neighbours changed places: one edit */
		{ "run", "RUN" },    /* case does not count */
		{ "COPPY", "COPY" }, /* one too many */
		{ "CPY", "COPY" },   /* one too few */
		{ "FRON", "FROM" },  /* another one */
		{ "entry-point", "ENTRYPOINT" },
		{ "ENTRIPOIMT", "ENTRYPOINT" }, /* 2 of 10 */
		{ "WRKDR", NULL },              /* 2 of 5: too far */
		{ "AND", "ADD" },               /* ENV is two away */
		{ "ENVV", "ENV" },
		{ "XYZ", NULL },
		{ "A", NULL }, /* nothing in common with a candidate is no likeness */
		{ "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *got = suggest(rows[i].word, instructions);

		if (!str_eq(got, rows[i].expect))
			fail_msg("'%s' gives '%s'", rows[i].word, got ? got : "nothing");
	}
}

static void ties_go_to_the_first(void **state)
{
	(void)state;
	static const char *const candidates[] = { "bat", "cat", NULL };

	assert_string_equal(suggest("rat", candidates), "bat");
}

static void a_nearer_one_wins_over_the_first(void **state)
{
	(void)state;
	static const char *const candidates[] = { "platforms", "platform", NULL };

	assert_string_equal(suggest("platfrom", candidates), "platform");
}

static void long_words_are_passed_over(void **state)
{
	(void)state;
	char word[200];
	const char *candidates[] = { word, "run", NULL };

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_null(suggest(word, candidates));
	assert_string_equal(suggest("rum", candidates), "run");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest),
		cmocka_unit_test(ties_go_to_the_first),
		cmocka_unit_test(a_nearer_one_wins_over_the_first),
		cmocka_unit_test(long_words_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
