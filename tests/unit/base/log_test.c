#include "base/log.h"

#include <stdlib.h>

#include "unit.h"

static void masks(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expect;
	} rows[] = {
		/* nothing to hide */
		{ "", "" },
		{ "GET https://reg.example/v2/app/manifests/1",
		  "GET https://reg.example/v2/app/manifests/1" },
		{ "https://reg.example/token?service=reg&scope=repository:app:pull",
		  "https://reg.example/token?service=reg&scope=repository:app:pull" },
		{ "Www-Authenticate: Bearer realm=\"https://auth.example/token\",service=\"r\"",
		  "Www-Authenticate: Bearer realm=\"https://auth.example/token\",service=\"r\"" },
		{ "the token expired", "the token expired" },
		{ "user@host", "user@host" },
		/* credentials in URLs */
		{ "https://user:pass@reg.example/v2/", "https://***@reg.example/v2/" },
		{ "https://user:p@ss@reg.example", "https://***@reg.example" },
		{ "https://reg.example/a@b", "https://reg.example/a@b" },
		/* headers */
		{ "Authorization: Bearer eyJhbGciOi.x.y", "Authorization: Bearer ***" },
		{ "authorization: Basic dXNlcjpwYXNz\r\nAccept: */*",
		  "authorization: Basic ***\r\nAccept: */*" },
		{ "Proxy-Authorization: Basic dXNlcg==", "Proxy-Authorization: Basic ***" },
		{ "X-Registry-Auth: eyJ1c2VyIjoieCJ9", "X-Registry-Auth: ***" },
		{ "Set-Cookie: sid=1; Path=/", "Set-Cookie: ***" },
		{ "sent bearer abc.def, got 401", "sent bearer *** got 401" },
		/* signatures and upload state in queries */
		{ "/blob?X-Amz-Credential=AK%2F1&X-Amz-Date=2&X-Amz-Signature=ff#x",
		  "/blob?X-Amz-Credential=***&X-Amz-Date=2&X-Amz-Signature=***#x" },
		{ "/b?sv=1&sig=a%2Bb&se=2", "/b?sv=1&sig=***&se=2" },
		{ "/v2/app/blobs/uploads/7?_state=abc-_=&digest=sha256:1",
		  "/v2/app/blobs/uploads/7?_state=***&digest=sha256:1" },
		{ "Location: /u?state=xyz next", "Location: /u?state=*** next" },
		/* form bodies and JSON */
		{ "grant_type=password&password=geheim&refresh_token=r",
		  "grant_type=password&password=***&refresh_token=***" },
		{ "{\"token\":\"a\\\"b\",\"expires_in\":300}",
		  "{\"token\":\"***\",\"expires_in\":300}" },
		{ "{\"access_token\" : \"abc\"}", "{\"access_token\" : \"***\"}" },
		{ "{\"auth\":\"dXNlcg==\"", "{\"auth\":\"***\"" },
		{ "{\"Secret\":\"unended", "{\"Secret\":\"***" },
		{ "MY_PASSWORD=x run", "MY_PASSWORD=*** run" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *got = log_mask(rows[i].text);

		if (strcmp(got, rows[i].expect) != 0)
			fail_msg("'%s' gives '%s'", rows[i].text, got);
	}
}

static void areas(void **state)
{
	(void)state;

	unsetenv("EDGECTL_DEBUG");
	assert_false(log_enabled("registry"));
	setenv("EDGECTL_DEBUG", "", 1);
	assert_false(log_enabled("registry"));
	setenv("EDGECTL_DEBUG", "sandbox, registry", 1);
	assert_true(log_enabled("registry"));
	assert_true(log_enabled("sandbox"));
	assert_false(log_enabled("reg"));
	setenv("EDGECTL_DEBUG", "all", 1);
	assert_true(log_enabled("registry"));
}

static void lines_go_to_stderr(void **state)
{
	(void)state;
	char line[64] = "";
	int saved = dup(STDERR_FILENO);
	int fd = open("log", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	dup2(fd, STDERR_FILENO);
	setenv("EDGECTL_DEBUG", "registry", 1);
	log_debug("registry", "%d blobs", 3);
	log_debug("sandbox", "not this");
	dup2(saved, STDERR_FILENO);
	assert_true(pread(fd, line, sizeof(line) - 1, 0) > 0);
	assert_string_equal(line, "debug: registry: 3 blobs\n");
	close(saved);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks),
		cmocka_unit_test(areas),
		scratch_test(lines_go_to_stderr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
