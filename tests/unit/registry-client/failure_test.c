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
	  "the image is too large for registry 'r.example'", NULL },
	{ CALL_PUSH, false, 400, NULL, "{\"errors\":[{\"code\":\"MANIFEST_INVALID\"}]}",
	  ERR_PROTOCOL, "registry 'r.example' answered 400 for the image: MANIFEST_INVALID", NULL },
	{ CALL_PUSH, false, 503, NULL, "<html>", ERR_NETWORK,
	  "registry 'r.example' failed with 503 at the image", NULL },
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
