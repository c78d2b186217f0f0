#include "challenge.h"

#include "base/vec.h"
#include "unit.h"

/* "scheme(token68)name=value,...", one after the other with ';' between them. */
static void render(const struct challenges *challenges, struct str *out)
{
	VEC_FOREACH(challenge, challenges) {
		const struct strmap *params = &challenge->params;

		str_addf(out, "%s%s", out->len > 0 ? ";" : "", challenge->scheme);
		if (challenge->token68)
			str_addf(out, "(%s)", challenge->token68);
		for (size_t i = 0; i < params->len; i++)
			str_addf(out, "%c%s=%s", i > 0 ? ',' : ' ', params->items[i].key,
				 params->items[i].value);
	}
}

static const struct {
	const char *field, *expect;
	bool whole; /* no error */
} rows[] = {
	{ "", "", true },
	{ " , ,", "", true },
	{ "Basic", "Basic", true },
	{ "Basic realm=\"a\"", "Basic realm=a", true },
	{ "Basic realm=a", "Basic realm=a", true },
	{ "basic REALM = \"a\"", "basic realm=a", true },
	{ "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull,push\"",
	  "Bearer realm=https://a/t,service=s,scope=repository:a/b:pull,push", true },
	/* commas, quotes and backslashes inside of quotes */
	{ "Bearer realm=\"a, Basic realm=b\", service=\"c\"",
	  "Bearer realm=a, Basic realm=b,service=c", true },
	{ "Basic realm=\"a\\\"b\\\\c\"", "Basic realm=a\"b\\c", true },
	{ "Basic realm=\"\"", "Basic realm=", true },
	/* several in one field */
	{ "Basic realm=\"a\", Bearer realm=\"b\",service=c",
	  "Basic realm=a;Bearer realm=b,service=c", true },
	{ "Negotiate, Basic realm=a", "Negotiate;Basic realm=a", true },
	{ "Negotiate YWJj==, Basic realm=a", "Negotiate(YWJj==);Basic realm=a", true },
	{ "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
	  "Newauth realm=apps,type=1,title=Login to \"apps\";Basic realm=simple", true },
	{ "Basic\trealm=a\t,\tBearer\trealm=b", "Basic realm=a;Bearer realm=b", true },
	/* the first of a repeated parameter */
	{ "Bearer realm=a,realm=b", "Bearer realm=a", true },
	/* broken: what was whole stays */
	{ "realm=\"a\"", "", false },
	{ "Basic realm=\"a", "Basic", false },
	{ "Basic realm=\"a\", Bearer realm=\"b", "Basic realm=a;Bearer", false },
	{ "Basic realm=\"a\\", "Basic", false },
	{ "Basic realm=, x=1", "Basic(realm=)", false },
	{ "Basic realm=\"a\"; charset=utf-8", "Basic realm=a", false },
	{ "\"Basic\"", "", false },
	{ "=", "", false },
};

static void parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(challenges_release) struct challenges challenges = { .items = NULL };
		AUTO(str_release) struct str text = STR_INIT;
		int result = challenges_parse(span_of(rows[i].field), &challenges, &err_);

		render(&challenges, &text);
		if (strcmp(text.ptr, rows[i].expect) != 0)
			fail_msg("row '%s': got '%s'", rows[i].field, text.ptr);
		assert_row((result == 0) == rows[i].whole, rows[i].field);
		assert_row(rows[i].whole || err_.kind == ERR_PROTOCOL, rows[i].field);
		err_clear(&err_);
	}
}

static void collects_fields_and_finds_schemes(void **state)
{
	(void)state;
	AUTO(challenges_release) struct challenges challenges = { .items = NULL };

	assert_ok(challenges_parse(span_of("Basic realm=a"), &challenges, &err_));
	assert_ok(challenges_parse(span_of("Bearer realm=b"), &challenges, &err_));
	/* A parameter cannot belong to the challenge of another field. */
	assert_int_equal(challenges_parse(span_of("service=c"), &challenges, &err_), -1);
	assert_int_equal(challenges.len, 2);
	assert_ptr_equal(challenges_find(&challenges, "bearer"), &challenges.items[1]);
	assert_null(challenges_find(&challenges, "Digest"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(parses),
		scratch_test(collects_fields_and_finds_schemes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
