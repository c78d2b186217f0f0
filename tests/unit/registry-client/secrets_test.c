#include "secrets.h"

#include "../base/unit.h"

static int parse(const char *text, struct secrets *ret)
{
	err_clear(&err_);
	return secrets_parse(span_of(text), "secrets.yml", ret, &err_);
}

static void hosts(void **state)
{
	(void)state;
	AUTO(secrets_release) struct secrets secrets = { .items = NULL };
	const struct credentials *found;

	assert_ok(parse("'my.example:25000':\n  username: ann\n  password: hunter2\n"
			"'': {username: bob, password: 12345}\n"
			"https://eu.gcr.io/v2/: {username: _json_key, password: '{\"a\": 1}'}\n",
			&secrets));
	found = secrets_find(&secrets, "my.example:25000");
	assert_non_null(found);
	assert_string_equal(found->username, "ann");
	assert_string_equal(found->password, "hunter2");
	assert_string_equal(found->origin, "secrets.yml");
	assert_string_equal(secrets_find(&secrets, "docker.io")->password, "12345");
	assert_string_equal(secrets_find(&secrets, "eu.gcr.io")->password, "{\"a\": 1}");
	assert_null(secrets_find(&secrets, "my.example"));
}

static void json_too(void **state)
{
	(void)state;
	AUTO(secrets_release) struct secrets secrets = { .items = NULL };

	assert_ok(parse("{\"r.example\": {\"username\": \"u\", \"password\": \"p\"}}", &secrets));
	assert_string_equal(secrets_find(&secrets, "r.example")->username, "u");
}

static void empty_is_fine(void **state)
{
	(void)state;
	AUTO(secrets_release) struct secrets secrets = { .items = NULL };

	assert_ok(parse("", &secrets));
	assert_null(secrets_find(&secrets, "docker.io"));
}

/* The place is told, but no line of the file is shown. */
static void wrong(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"- a: hunter2\n",
		"r.example: {username: ann}\nhunter2: x\n",
		"r.example: {password: hunter2}\n",
		"r.example: hunter2\n",
		"r.example: {username: [a], password: hunter2}\n",
		"r.example: {username: a, password: hunter2\n",
		"r.example: {username: '', password: hunter2}\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(secrets_release) struct secrets secrets = { .items = NULL };

		assert_row(parse(rows[i], &secrets) == -1, rows[i]);
		assert_row(err_.kind == ERR_INPUT, rows[i]);
		assert_row(strstr(err_.message, "secrets.yml:") != NULL, err_.message);
		if (i != 1)
			assert_row(strstr(err_.message, "hunter2") == NULL, err_.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts),
		cmocka_unit_test(json_too),
		cmocka_unit_test(empty_is_fine),
		cmocka_unit_test(wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
