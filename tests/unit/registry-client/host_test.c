#include "host.h"

#include "unit.h"

static void host_freep(struct host **host)
{
	host_free(*host);
}

static void knows_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool insecure;
		const char *url;
		bool loopback, may_be_plain, unverified;
	} rows[] = {
		{ "docker.io", false, "https://registry-1.docker.io/v2/", false, false, false },
		{ "r.example", false, "https://r.example/v2/", false, false, false },
		{ "r.example:5000", true, "https://r.example:5000/v2/", false, true, true },
		{ "localhost:5000", false, "https://localhost:5000/v2/", true, true, false },
		{ "127.0.0.2", false, "https://127.0.0.2/v2/", true, true, false },
		{ "[::1]:5000", false, "https://[::1]:5000/v2/", true, true, false },
		{ "10.0.0.1:5000", false, "https://10.0.0.1:5000/v2/", false, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(host_freep) struct host *host = host_new(rows[i].name, rows[i].insecure);
		AUTO(freep) char *url = host_url(host, "/v2/");

		assert_row(str_eq(url, rows[i].url), rows[i].name);
		assert_row(host->loopback == rows[i].loopback, rows[i].name);
		assert_row(host->may_be_plain == rows[i].may_be_plain, rows[i].name);
		assert_row(host->unverified == rows[i].unverified, rows[i].name);
	}
}

static void falls_back_to_http_where_it_may(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool insecure;
		enum http_outcome outcome;
		bool falls_back;
	} rows[] = {
		{ "localhost:5000", false, HTTP_NO_TLS, true },
		{ "localhost:5000", false, HTTP_GARBLED, true },
		{ "localhost:5000", false, HTTP_BROKEN, true },
		/* a wrong certificate is no reason to do without any */
		{ "localhost:5000", false, HTTP_BAD_CERTIFICATE, false },
		{ "localhost:5000", false, HTTP_NO_CLIENT_CERTIFICATE, false },
		{ "localhost:5000", false, HTTP_NO_AUTHORITIES, true },
		{ "r.example", false, HTTP_NO_AUTHORITIES, false },
		/*
		 * nobody listens at that port, whatever the protocol; port 80 may be another matter
		 */
		{ "localhost:5000", false, HTTP_NO_CONNECTION, false },
		{ "localhost", false, HTTP_NO_CONNECTION, true },
		{ "[::1]", false, HTTP_NO_CONNECTION, true },
		{ "r.example", true, HTTP_NO_TLS, true },
		{ "r.example", false, HTTP_NO_TLS, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(host_freep) struct host *host = host_new(rows[i].name, rows[i].insecure);

		assert_row(host_fall_back(host, rows[i].outcome, "") == rows[i].falls_back,
			   rows[i].name);
		assert_row(host->plain == rows[i].falls_back, rows[i].name);
		assert_row(!host_fall_back(host, rows[i].outcome, "") || !rows[i].falls_back,
			   rows[i].name);
	}
}

static void never_falls_back_after_an_answer(void **state)
{
	(void)state;
	AUTO(host_freep) struct host *host = host_new("localhost:5000", false);

	host->answered = true;
	assert_false(host_fall_back(host, HTTP_BROKEN, ""));
	assert_false(host->plain);
}

static int learn(struct host *host, const char *challenge, char **ret_scope)
{
	AUTO(headers_release) struct headers headers = { .items = NULL };
	AUTO(freep) char *line = xasprintf("WWW-Authenticate: %s", challenge);

	assert_ok(headers_add_line(&headers, span_of(line), &err_));
	return host_learn_auth(host, &headers, ret_scope, &err_);
}

static void learns_what_is_wanted(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool plain;
		const char *challenge;
		enum auth_scheme expect; /* AUTH_UNKNOWN = refused */
	} rows[] = {
		{ "r.example", false, "Basic realm=x", AUTH_BASIC },
		{ "r.example", false, "Basic realm=x, Bearer realm=\"https://r.example/token\"",
		  AUTH_BEARER },
		{ "r.example", false, "Bearer realm=\"https://auth.other/token\"", AUTH_BEARER },
		{ "r.example", false, "Negotiate", AUTH_UNKNOWN },
		{ "r.example", false, "Bearer error=invalid", AUTH_UNKNOWN },
		/* out of TLS */
		{ "r.example", false, "Bearer realm=\"http://r.example/token\"", AUTH_UNKNOWN },
		{ "r.example", true, "Bearer realm=\"http://r.example/token\"", AUTH_BEARER },
		/* into networks that only we can reach */
		{ "r.example", false, "Bearer realm=\"https://169.254.169.254/latest\"",
		  AUTH_UNKNOWN },
		{ "r.example", false, "Bearer realm=\"https://localhost/token\"", AUTH_UNKNOWN },
		{ "r.example", false, "Bearer realm=\"https://[::ffff:10.0.0.1]/\"", AUTH_UNKNOWN },
		{ "10.0.0.1", false, "Bearer realm=\"https://10.0.0.2/token\"", AUTH_BEARER },
		{ "127.0.0.1:5000", true, "Bearer realm=\"http://127.0.0.1:5001/token\"",
		  AUTH_BEARER },
		{ "r.example", false, "Bearer realm=\"file:///etc/passwd\"", AUTH_UNKNOWN },
		{ "r.example", false, "Bearer realm=\"https://u:p@r.example/\"", AUTH_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(host_freep) struct host *host = host_new(rows[i].name, false);
		AUTO(freep) char *scope = NULL;
		bool accepted;

		host->plain = rows[i].plain;
		accepted = learn(host, rows[i].challenge, &scope) == 0;
		assert_row(accepted == (rows[i].expect != AUTH_UNKNOWN), rows[i].challenge);
		assert_row(host->auth == rows[i].expect, rows[i].challenge);
		assert_row(accepted || err_.kind == ERR_PROTOCOL, rows[i].challenge);
		err_clear(&err_);
	}
}

static void forgets_tokens_of_another_server(void **state)
{
	(void)state;
	AUTO(host_freep) struct host *host = host_new("r.example", false);
	AUTO(freep) char *scope = NULL, *none = NULL;
	struct token token = { .scope = xstrdup("s"), .value = xstrdup("v"), .expires_ms = 10 };

	assert_ok(learn(host, "Bearer realm=\"https://a/\",service=x,scope=\"repository:a:pull\"",
			&scope));
	assert_string_equal(scope, "repository:a:pull");
	assert_string_equal(host->service, "x");
	tokens_put(&host->tokens, &token);
	assert_ok(learn(host, "Bearer realm=\"https://a/\",service=x", &none));
	assert_null(none);
	assert_non_null(tokens_find(&host->tokens, "s", 0));
	assert_ok(learn(host, "Bearer realm=\"https://b/\",service=x", &none));
	assert_null(tokens_find(&host->tokens, "s", 0));
}

static void trusts_token_servers_of_its_site(void **state)
{
	(void)state;
	static const struct {
		const char *name, *realm;
		bool trusted;
	} rows[] = {
		{ "r.example", "https://r.example/token", true },
		{ "r.example:5000", "https://r.example:5001/token", true },
		{ "registry.gitlab.com", "https://gitlab.com/jwt/auth", true },
		{ "docker.elastic.co", "https://docker-auth.elastic.co/auth", true },
		{ "ghcr.io", "https://auth.ghcr.io/token", true },
		{ "docker.io", "https://auth.docker.io/token", true },
		{ "docker.io", "https://evil.example/token", false },
		{ "r.example", "https://r.example.evil/token", false },
		{ "registry.site.example", "https://evilsite.example/", false },
		{ "ghcr.io", "https://docker.io/", false },
		{ "127.0.0.1:5000", "http://127.0.0.1:5001/token", true },
		{ "localhost:5000", "http://127.0.0.1:5001/token", true },
		{ "127.0.0.1:5000", "https://evil.example/", false },
		{ "localhost", "https://evil.localhost.example/", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(host_freep) struct host *host = host_new(rows[i].name, false);

		assert_row(host_trusts_realm(host, rows[i].realm) == rows[i].trusted,
			   rows[i].realm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(knows_addresses),
		scratch_test(falls_back_to_http_where_it_may),
		scratch_test(never_falls_back_after_an_answer),
		scratch_test(learns_what_is_wanted),
		scratch_test(forgets_tokens_of_another_server),
		scratch_test(trusts_token_servers_of_its_site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
