#include "failure.h"

#include "unit.h"

static struct registry *registry;
static const struct image_ref ref = { .host = (char *)"r.example",
				      .repository = (char *)"team/app",
				      .tag = (char *)"1" };

static int set_up(void **state)
{
	const struct registry_options options = { .monitor = NULL };

	registry = registry_new(&options);
	return scratch_enter(state);
}

static int tear_down(void **state)
{
	registry_freep(&registry);
	return scratch_leave(state);
}

#define call_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static struct credentials nobody;
static struct credentials somebody = { .username = (char *)"u",
				       .password = (char *)"p",
				       .origin = (char *)"c.json" };

/* Of a user whose helper failed. */
static struct credentials troubled = { .trouble = (char *)"no session bus" };

static void a_failed_helper_is_the_reason(void **state)
{
	(void)state;
	for (long status = 401; status <= 403; status += 2) {
		AUTO(call_release) struct call call;

		call_init(&call, registry, &ref, CALL_PULL);
		call.login = &troubled;
		call.request.status = status;
		assert_int_equal(failure_of_status(&call, "the image", &err_), -1);
		assert_string_equal(err_.hint,
				    "credentials could not be asked for: no session bus");
		err_clear(&err_);
	}
}

static const struct {
	enum call_access access;
	bool with_credentials;
	long status;
	const char *header, *body;
	enum err_kind kind;
	const char *message, *hint;
} answers[] = {
	{ CALL_PULL, false, 404, NULL, "", ERR_NOT_FOUND,
	  "the image is not in registry 'r.example'", "edgectl tags" },
	{ CALL_PULL, false, 404, NULL, "{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}", ERR_NOT_FOUND,
	  "repository 'team/app' is not in registry 'r.example'", "check the spelling" },
	{ CALL_PULL, false, 404, NULL, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}",
	  ERR_NOT_FOUND, "the image is not in registry 'r.example'",
	  "edgectl tags r.example/team/app" },
	{ CALL_PULL, false, 401, NULL, "", ERR_AUTH,
	  "'team/app' does not exist in registry 'r.example', or needs credentials",
	  "edgectl login r.example" },
	{ CALL_PUSH, false, 401, NULL, "", ERR_AUTH,
	  "registry 'r.example' wants credentials for a push to 'team/app'",
	  "edgectl login r.example" },
	{ CALL_PUSH, true, 401, NULL, "", ERR_AUTH,
	  "registry 'r.example' does not accept the credentials from 'c.json' for 'team/app'",
	  "edgectl login r.example" },
	{ CALL_PUSH, true, 403, NULL,
	  "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"quota\\nexceeded\"}]}", ERR_DENIED,
	  "registry 'r.example' denies a push to 'team/app': quota exceeded",
	  "the credentials from 'c.json'" },
	{ CALL_PULL, false, 403, NULL, "", ERR_DENIED,
	  "registry 'r.example' denies access to 'team/app'", "edgectl login" },
	{ CALL_PULL, false, 429, "Retry-After: 7380", "", ERR_DENIED,
	  "registry 'r.example' refuses further requests for now: its rate limit is reached",
	  "try again in 2 h 3 min" },
	{ CALL_PULL, false, 429, "Retry-After: 400", "", ERR_DENIED, NULL, "try again in 6 min" },
	{ CALL_PULL, false, 429, "Retry-After: 20", "", ERR_DENIED, NULL, "try again in 20 s" },
	{ CALL_PULL, false, 429, NULL, "", ERR_DENIED, NULL, "log in: the limit is often higher" },
	{ CALL_PULL, true, 429, NULL, "", ERR_DENIED, NULL, "try again later" },
	{ CALL_PUSH, false, 413, NULL, "", ERR_LIMIT,
	  "the image is too large for registry 'r.example'", "client_max_body_size" },
	{ CALL_PUSH, false, 400, NULL, "{\"errors\":[{\"code\":\"MANIFEST_INVALID\"}]}",
	  ERR_PROTOCOL, "registry 'r.example' answered 400 for the image: MANIFEST_INVALID", NULL },
	{ CALL_PUSH, false, 503, NULL, "<html>", ERR_NETWORK,
	  "registry 'r.example' answered 503 for the image", "its log says more" },
	{ CALL_PULL, false, 407, NULL, "", ERR_AUTH,
	  "registry 'r.example': the proxy in between wants a login", "HTTPS_PROXY" },
	{ CALL_PULL, false, 418, NULL, "{\"errors\":{}}", ERR_PROTOCOL,
	  "registry 'r.example' answered 418 for the image", NULL },
};

static void answers_become_sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		AUTO(call_release) struct call call;

		call_init(&call, registry, &ref, answers[i].access);
		call.path = "/v2/team/app/manifests/1";
		call.login = answers[i].with_credentials ? &somebody : &nobody;
		call.request.status = answers[i].status;
		str_init(&call.request.answer, 0);
		str_add(&call.request.answer, answers[i].body);
		if (answers[i].header)
			assert_ok(headers_add_line(&call.request.answer_headers,
						   span_of(answers[i].header), &err_));
		assert_int_equal(failure_of_status(&call, "the image", &err_), -1);
		assert_int_equal(err_.kind, answers[i].kind);
		if (answers[i].message)
			assert_string_equal(err_.message, answers[i].message);
		assert_row(answers[i].hint ? err_.hint && strstr(err_.hint, answers[i].hint)
					   : !err_.hint,
			   err_.message);
		err_clear(&err_);
	}
}

/* A repository's version that was named by its digest, a blob, and where uploads begin. */
static void what_is_missing_has_a_remedy(void **state)
{
	static const struct {
		enum http_method method;
		const char *path, *message, *hint;
	} rows[] = {
		{ HTTP_GET, "/v2/team/app/manifests/sha256:1",
		  "the image is not in registry 'r.example'", "edgectl tags r.example/team/app" },
		{ HTTP_GET, "/v2/team/app/blobs/sha256:1",
		  "the image is not in registry 'r.example'", "push the image again" },
		{ HTTP_POST, "/v2/team/app/blobs/uploads/",
		  "repository 'team/app' is not in registry 'r.example'", "created before" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(call_release) struct call call;

		call_init(&call, registry, &ref, CALL_PULL);
		call.method = rows[i].method;
		call.path = rows[i].path;
		call.request.status = 404;
		assert_int_equal(failure_of_status(&call, "the image", &err_), -1);
		assert_string_equal(err_.message, rows[i].message);
		assert_row(err_.hint && strstr(err_.hint, rows[i].hint), rows[i].path);
		err_clear(&err_);
	}
}

/* The storage that a registry redirects to is no registry: no login helps there. */
static void the_place_of_a_redirect_is_named(void **state)
{
	AUTO(call_release) struct call call;

	(void)state;
	call_init(&call, registry, &ref, CALL_PULL);
	call.login = &nobody;
	call.url = xstrdup("https://storage.example:8443/x?signature=secret");
	call.request.url = call.url;
	call.request.status = 403;
	assert_int_equal(failure_of_status(&call, "blob sha256:1", &err_), -1);
	assert_string_equal(err_.message,
			    "registry 'r.example' redirects to 'https://storage.example:8443', "
			    "which answered 403 for blob sha256:1");
	err_clear(&err_);
	call.request.outcome = HTTP_NO_CONNECTION;
	(void)snprintf(call.request.reason, sizeof(call.request.reason), "connection refused");
	assert_int_equal(failure_of_connection(call.host, &call.request, &err_), -1);
	assert_string_equal(err_.message,
			    "registry 'r.example' redirects to 'https://storage.example:8443': "
			    "cannot connect (connection refused)");
	assert_non_null(strstr(err_.hint, "firewall"));
	err_clear(&err_);
}

static void an_object_is_named_once(void **state)
{
	static const struct {
		enum err_kind kind;
		const char *message, *expected;
	} rows[] = {
		{ ERR_DIGEST, "it has 1 byte", "blob 1: it has 1 byte" },
		{ ERR_NOT_FOUND, "blob 1 is not there", "blob 1 is not there" },
		{ ERR_SYSTEM, "no space", "blob 1: no space" },
		{ ERR_AUTH, "registry 'r' wants credentials", "registry 'r' wants credentials" },
		{ ERR_DENIED, "registry 'r' denies a push", "registry 'r' denies a push" },
		{ ERR_NETWORK, "cannot connect", "cannot connect" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		err_set(&err_, rows[i].kind, "%s", rows[i].message);
		failure_name_object(&err_, "blob 1");
		assert_string_equal(err_.message, rows[i].expected);
		err_clear(&err_);
	}
}

/* What a server for TLS says to plain HTTP is not what is wrong: certificates could not be read. */
static void a_failed_start_of_tls_is_the_reason(void **state)
{
	static const struct image_ref local = { .host = (char *)"localhost:5000",
						.repository = (char *)"app",
						.tag = (char *)"1" };
	AUTO(call_release) struct call call;

	(void)state;
	call_init(&call, registry, &local, CALL_PULL);
	assert_true(host_fall_back(call.host, HTTP_NO_AUTHORITIES, "/ca.crt"));
	call.request.status = 400;
	str_init(&call.request.answer, 0);
	str_add(&call.request.answer, "Client sent an HTTP request to an HTTPS server.");
	assert_int_equal(failure_of_status(&call, "the image", &err_), -1);
	assert_string_equal(
		err_.message,
		"registry 'localhost:5000': no certificates to check its own with (/ca.crt)");
	err_clear(&err_);
}

static const struct {
	const char *host;
	enum http_outcome outcome;
	const char *reason;
	enum err_kind kind;
	const char *message, *hint;
} outcomes[] = {
	{ "r.example", HTTP_NO_NAME, "Could not resolve host", ERR_NETWORK,
	  "registry 'r.example': there is no host of that name", "spelling of 'r.example'" },
	{ "r.example", HTTP_NO_CONNECTION, "refused", ERR_NETWORK,
	  "registry 'r.example': cannot connect (refused)",
	  "is a registry running at 'r.example'" },
	{ "r.example", HTTP_NO_TLS, "wrong version", ERR_NETWORK,
	  "registry 'r.example': no TLS (wrong version)", "--insecure" },
	{ "r.example", HTTP_BAD_CERTIFICATE, "SSL certificate problem: self-signed certificate",
	  ERR_NETWORK,
	  "registry 'r.example': its certificate is not valid (self-signed certificate)",
	  "SSL_CERT_FILE" },
	{ "r.example", HTTP_BAD_CERTIFICATE, "SSL certificate problem: certificate has expired",
	  ERR_NETWORK,
	  "registry 'r.example': its certificate is not valid (certificate has expired)",
	  "this machine's clock" },
	{ "r.example", HTTP_BAD_CERTIFICATE, "SSL: no alternative certificate subject name matches",
	  ERR_NETWORK, NULL, "for another name than 'r.example'" },
	{ "r.example", HTTP_NO_AUTHORITIES, "error setting certificate file: /ca.crt", ERR_NETWORK,
	  "registry 'r.example': no certificates to check its own with (error setting certificate "
	  "file: /ca.crt)",
	  "install ca-certificates" },
	{ "docker.io", HTTP_NO_NAME, "", ERR_NETWORK, NULL,
	  "names without a host are docker.io's" },
	{ "r.example", HTTP_NO_PROXY, "it answered 407", ERR_NETWORK,
	  "registry 'r.example': cannot be reached through the proxy (it answered 407)",
	  "NO_PROXY lists" },
	{ "r.example", HTTP_BAD_CLIENT_CERTIFICATE, "unable to set private key file", ERR_AUTH,
	  "registry 'r.example': the certificate for it cannot be used (unable to set private key "
	  "file)",
	  "belong together" },
	{ "UPPER", HTTP_NO_NAME, "", ERR_NETWORK, "registry 'UPPER': there is no host of that name",
	  "because of its capitals" },
	{ "UPPER.example", HTTP_NO_NAME, "", ERR_NETWORK, NULL, "check the spelling" },
	{ "r.example", HTTP_BROKEN, "", ERR_NETWORK, "registry 'r.example': the connection broke",
	  NULL },
	{ "localhost:1", HTTP_NO_TLS, "", ERR_NETWORK, "registry 'localhost:1': no TLS", NULL },
};

static void missing_answers_become_sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		struct host *host = host_new(outcomes[i].host, false);
		struct http_request request = { .outcome = outcomes[i].outcome };

		(void)snprintf(request.reason, sizeof(request.reason), "%s", outcomes[i].reason);
		assert_int_equal(failure_of_connection(host, &request, &err_), -1);
		assert_int_equal(err_.kind, outcomes[i].kind);
		if (outcomes[i].message)
			assert_string_equal(err_.message, outcomes[i].message);
		assert_row(outcomes[i].hint ? err_.hint && strstr(err_.hint, outcomes[i].hint)
					    : !err_.hint,
			   err_.message);
		err_clear(&err_);
		host_free(host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		call_test(answers_become_sentences),
		call_test(missing_answers_become_sentences),
		call_test(a_failed_helper_is_the_reason),
		call_test(what_is_missing_has_a_remedy),
		call_test(the_place_of_a_redirect_is_named),
		call_test(an_object_is_named_once),
		call_test(a_failed_start_of_tls_is_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
