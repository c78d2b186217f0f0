#include "token.h"

#include "unit.h"

static void asks(void **state)
{
	(void)state;
	static const struct {
		const char *realm, *service, *scope;
		struct credentials credentials;
		const char *url, *form, *authorization;
	} rows[] = {
		{ "https://a/token",
		  "r.example",
		  "repository:app:pull",
		  { .username = NULL },
		  "https://a/token?service=r.example&scope=repository%3Aapp%3Apull",
		  "",
		  "" },
		{ "https://a/token?x=1",
		  NULL,
		  "repository:b:pull repository:a:pull,push",
		  { .username = NULL },
		  "https://a/"
		  "token?x=1&scope=repository%3Ab%3Apull&scope=repository%3Aa%3Apull%2Cpush",
		  "",
		  "" },
		{ "https://a/token",
		  "a, b",
		  "s",
		  { .username = (char *)"Aladdin", .password = (char *)"open sesame" },
		  "https://a/token?service=a%2C%20b&scope=s",
		  "",
		  "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
		{ "https://a/token",
		  "r",
		  "s",
		  { .identity_token = (char *)"i&d" },
		  "https://a/token",
		  "grant_type=refresh_token&service=r&client_id=edgectl&scope=s&refresh_token=i%"
		  "26d",
		  "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(token_question_release) struct token_question question;

		token_ask(rows[i].realm, rows[i].service, rows[i].scope, &rows[i].credentials,
			  &question);
		assert_string_equal(question.url.ptr, rows[i].url);
		assert_string_equal(question.form.ptr, rows[i].form);
		assert_string_equal(question.authorization.ptr, rows[i].authorization);
		assert_int_equal(question.post, rows[i].form[0] != '\0');
	}
}

static void reads_answers(void **state)
{
	(void)state;
	static const struct {
		const char *answer, *value;
		uint64_t lifetime_ms;
	} rows[] = {
		{ "{\"token\":\"a.b-c\",\"expires_in\":300}", "a.b-c", 270000 },
		{ "{\"access_token\":\"x\"}", "x", 54000 },
		{ "{\"token\":\"\",\"access_token\":\"x\",\"expires_in\":1}", "x", 54000 },
		{ "{\"token\":\"t\",\"access_token\":\"x\",\"expires_in\":-1}", "t", 54000 },
		{ "{\"token\":\"t\",\"expires_in\":9223372036854775807}", "t", 77760000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct token token = { .scope = NULL };

		assert_ok(token_parse(span_of(rows[i].answer), 1000, &token, &err_));
		assert_string_equal(token.value, rows[i].value);
		assert_int_equal(token.expires_ms, 1000 + rows[i].lifetime_ms);
		free(token.value);
	}
}

static void refuses_answers_without_a_usable_token(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		"[]",
		"{}",
		"{\"token\":1}",
		"{\"token\":\"\"}",
		"{\"token\":\"a\\r\\nX: y\"}",
		"{\"token\":\"a b\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct token token = { .scope = NULL };

		assert_row(token_parse(span_of(rows[i]), 0, &token, &err_) == -1, rows[i]);
		assert_row(token.value == NULL, rows[i]);
		err_clear(&err_);
	}
}

static void put(struct tokens *tokens, const char *scope, const char *value, uint64_t expires_ms)
{
	struct token token = { .scope = xstrdup(scope),
			       .value = xstrdup(value),
			       .expires_ms = expires_ms };

	tokens_put(tokens, &token);
	assert_null(token.value);
}

static void keeps_one_of_each_scope_until_it_expires(void **state)
{
	(void)state;
	AUTO(tokens_release) struct tokens tokens = { .items = NULL };

	put(&tokens, "a", "1", 100);
	put(&tokens, "b", "2", 100);
	put(&tokens, "a", "3", 200);
	assert_int_equal(tokens.len, 2);
	assert_string_equal(tokens_find(&tokens, "a", 199), "3");
	assert_null(tokens_find(&tokens, "a", 200));
	assert_null(tokens_find(&tokens, "c", 0));
	tokens_drop(&tokens, "a");
	assert_null(tokens_find(&tokens, "a", 0));
	assert_string_equal(tokens_find(&tokens, "b", 0), "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(asks),
		scratch_test(reads_answers),
		scratch_test(refuses_answers_without_a_usable_token),
		scratch_test(keeps_one_of_each_scope_until_it_expires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
