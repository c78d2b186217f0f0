#include "compose/credentials.h"

#include "model.h"

static void one_by_one(void **state)
{
	static const struct {
		const char *key, *value;
		bool is_one;
	} rows[] = {
		{ "DB_PASSWORD", "x", true },
		{ "PGPASSWORD", "x", true },
		{ "db.password2", "x", true },
		{ "apiToken", "x", true },
		{ "API_KEY", "x", true },
		{ "aws_secret_access_key", "x", true },
		{ "--token", "x", true },
		{ "DB_PASSWORD", "", false },
		{ "DB_PASSWORD", NULL, false },
		{ "DB_PASSWORD_FILE", "/run/secrets/db", false },
		{ "DB_PASSWORD", "/run/secrets/db", false },
		{ "TOKEN_TTL", "3600", false },
		{ "PASSWORD_MIN_LENGTH", "8", false },
		{ "USE_TOKEN", "true", false },
		{ "KEY", "x", false },
		{ "SORT_KEY", "x", false },
		{ "KEYBOARD", "us", false },
		{ "BROKER", "mqtt", false },
		{ "PWD", "/app", false },
		{ NULL, "DB_PASSWORD", false },
		{ "X", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc", true },
		{ "X", "-----BEGIN CERTIFICATE-----\nabc", false },
		{ "X", "AKIAIOSFODNN7EXAMPLE", true },
		{ "X", "AKIA", false },
		{ "X", "ghp_0123456789abcdefghijABCDEFGHIJ012345", true },
		{ "X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", true },
		{ "X", "postgres://app:hunter2@db/app", true },
		{ "X", "postgres://app@db:5432/app", false },
		{ "X", "http://localhost:8080/a@b", false },
		{ "X", "https://example.com http://a:b@c", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (compose_looks_like_credential(rows[i].key, rows[i].value) != rows[i].is_one)
			fail_msg("%s=%s", rows[i].key ? rows[i].key : "",
				 rows[i].value ? rows[i].value : "(none)");
	}
}

static const char model[] = "name: x\n"
			    "services:\n"
			    "  app:\n"
			    "    image: app\n"
			    "    command: [run, --token=abc, --verbose]\n"
			    "    environment: {DB_PASSWORD: hunter2, LEVEL: info, GIVEN_TOKEN: }\n"
			    "    configs: [broker, ini]\n"
			    "    labels: {url: 'http://a:b@c'}\n"
			    "  plain:\n"
			    "    image: app\n"
			    "    environment: {DB_PASSWORD_FILE: /run/secrets/db}\n"
			    "    build: {context: ., args: {API_KEY: stays}}\n"
			    "configs:\n"
			    "  broker: {content: \"listener 1883\\npassword = hunter2\\n\"}\n"
			    "  ini: {content: \"user: a\\npassword_file: /run/secrets/x\\n\"}\n";

static void in_a_model(void **state)
{
	AUTO(strvec_release) struct strvec found = STRVEC_INIT;
	AUTO(freep) char *list = NULL;
	AUTO(loading_release) struct loading loading = { .cwd = NULL };

	(void)state;
	load_text(&loading, model);
	compose_find_credentials(loading.compose, &found);
	list = strvec_join(&found, "|");
	assert_string_equal(list, "services.app.command: --token|"
				  "services.app.environment.DB_PASSWORD|"
				  "services.app.labels.url|"
				  "configs.broker: password");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_by_one),
		scratch_test(in_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
