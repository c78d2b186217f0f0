#include "credentials.h"

#include <stdlib.h>

#include "unit.h"

/* "user:secret" and so on, base64. */
#define AUTH(name) "{\"auth\":\"" name "\"}"
#define U_S        "dXNlcjpzZWNyZXQ="     /* user:secret */
#define U2_S2      "dXNlcjI6c2VjcmV0OjI=" /* user2:secret:2 */

static void find(const char *path, const char *host, const char *repository,
		 struct credentials *ret)
{
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;

	*ret = (struct credentials){ .username = NULL };
	strvec_add(&paths, path);
	assert_ok(credentials_find(&paths, host, repository, NULL, ret, &err_));
}

static const struct {
	const char *file, *host, *repository;
	const char *username, *password; /* NULL = nobody knows it */
} rows[] = {
	{ "{\"auths\":{\"r.example:5000\":" AUTH(U_S) "}}", "r.example:5000", "app", "user",
	  "secret" },
	{ "{\"auths\":{\"r.example:5000\":" AUTH(U_S) "}}", "r.example", "app", NULL, NULL },
	{ "{\"auths\":{\"https://r.example/v1/\":" AUTH(U_S) "}}", "r.example", "a/b", "user",
	  "secret" },
	{ "{\"auths\":{\"http://r.example/v2/\":" AUTH(U_S) "}}", "r.example", "a/b", "user",
	  "secret" },
	{ "{\"auths\":{\"r.example/\":" AUTH(U_S) "}}", "r.example", "a/b", "user", "secret" },
	{ "{\"auths\":{\"r.example\":" AUTH(U2_S2) "}}", "r.example", "a", "user2", "secret:2" },
	{ "{\"auths\":{\"r.example\":{\"username\":\"u\",\"password\":\"p\"}}}", "r.example", "a",
	  "u", "p" },
	/* docker's hub under all its names */
	{ "{\"auths\":{\"https://index.docker.io/v1/\":" AUTH(U_S) "}}", "docker.io",
	  "library/debian", "user", "secret" },
	{ "{\"auths\":{\"docker.io\":" AUTH(U_S) "}}", "docker.io", "library/debian", "user",
	  "secret" },
	{ "{\"auths\":{\"registry-1.docker.io\":" AUTH(U_S) "}}", "docker.io", "library/debian",
	  "user", "secret" },
	/* podman's paths: the longest wins, whole components only */
	{ "{\"auths\":{\"r.example\":" AUTH(U_S) ",\"r.example/team\":" AUTH(U2_S2) "}}",
	  "r.example", "team/app", "user2", "secret:2" },
	{ "{\"auths\":{\"r.example/team\":" AUTH(U2_S2) ",\"r.example\":" AUTH(U_S) "}}",
	  "r.example", "teams/app", "user", "secret" },
	{ "{\"auths\":{\"r.example/team/app\":" AUTH(U_S) "}}", "r.example", "team", NULL, NULL },
	/* nothing there */
	{ "{}", "r.example", "a", NULL, NULL },
	{ "{\"auths\":{\"r.example\":{}}}", "r.example", "a", NULL, NULL },
	{ "{\"auths\":{\"r.example\":{\"auth\":\"\"}}}", "r.example", "a", NULL, NULL },
};

static void reads_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(credentials_release) struct credentials found;

		write_text("config.json", rows[i].file);
		find("config.json", rows[i].host, rows[i].repository, &found);
		assert_row(str_eq(found.username, rows[i].username), rows[i].file);
		assert_row(str_eq(found.password, rows[i].password), rows[i].file);
		assert_row(credentials_exist(&found) == (rows[i].username != NULL), rows[i].file);
		assert_row(str_eq(found.origin, rows[i].username ? "config.json" : NULL),
			   rows[i].file);
	}
}

static void reads_tokens(void **state)
{
	(void)state;
	AUTO(credentials_release) struct credentials found;

	write_text("c", "{\"auths\":{\"a\":{\"auth\":\"" U_S
			"\",\"identitytoken\":\"i\",\"registrytoken\":\"r\"}}}");
	find("c", "a", "app", &found);
	assert_string_equal(found.identity_token, "i");
	assert_string_equal(found.registry_token, "r");
	assert_string_equal(found.username, "user");
}

static void refuses_broken_files(void **state)
{
	(void)state;
	static const struct {
		const char *file, *in_message;
	} broken[] = {
		{ "{", "c:1" },
		{ "{\"auths\":{\"a\":{\"auth\":\"not base64\"}}}", "base64" },
		{ "{\"auths\":{\"a\":{\"auth\":\"bm9jb2xvbg==\"}}}", "base64" },
	};
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;

	strvec_add(&paths, "c");
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct credentials found = { .username = NULL };

		write_text("c", broken[i].file);
		assert_row(credentials_find(&paths, "a", "app", NULL, &found, &err_) == -1,
			   broken[i].file);
		assert_row(err_.kind == ERR_INPUT, broken[i].file);
		assert_row(strstr(err_.message, broken[i].in_message) && strstr(err_.message, "c"),
			   err_.message);
		assert_row(!credentials_exist(&found) && !found.username, broken[i].file);
		err_clear(&err_);
	}
}

static void searches_files_in_order(void **state)
{
	(void)state;
	AUTO(credentials_release) struct credentials found = { .username = NULL };
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;

	write_text("1", "{\"auths\":{\"other\":" AUTH(U_S) "}}");
	write_text("2", "{\"auths\":{\"a\":" AUTH(U2_S2) "}}");
	write_text("3", "{\"auths\":{\"a\":" AUTH(U_S) "}}");
	strvec_add(&paths, "missing");
	strvec_add(&paths, "1");
	strvec_add(&paths, "2");
	strvec_add(&paths, "3");
	assert_ok(credentials_find(&paths, "a", "app", NULL, &found, &err_));
	assert_string_equal(found.username, "user2");
	assert_string_equal(found.origin, "2");
}

static void knows_where_files_are(void **state)
{
	(void)state;
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;
	AUTO(freep) char *joined = NULL;

	setenv("HOME", "/h", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("DOCKER_CONFIG");
	unsetenv("REGISTRY_AUTH_FILE");
	credentials_paths(NULL, &paths);
	joined = strvec_join(&paths, " ");
	assert_string_equal(joined, "/h/.docker/config.json /run/user/1/containers/auth.json "
				    "/h/.config/containers/auth.json");
	strvec_clear(&paths);
	setenv("DOCKER_CONFIG", "/d", 1);
	credentials_paths(NULL, &paths);
	assert_string_equal(paths.items[0], "/d/config.json");
	strvec_clear(&paths);
	setenv("REGISTRY_AUTH_FILE", "/auth", 1);
	credentials_paths(NULL, &paths);
	assert_int_equal(paths.len, 1);
	assert_string_equal(paths.items[0], "/auth");
	strvec_clear(&paths);
	credentials_paths("/mine", &paths);
	assert_int_equal(paths.len, 1);
	assert_string_equal(paths.items[0], "/mine");
}

/* --- helpers --- */

static void install_helper(const char *name, const char *script)
{
	AUTO(freep) char *path = xasprintf("docker-credential-%s", name);
	AUTO(freep) char *text = xasprintf("#!/bin/sh\n%s\n", script);
	AUTO(freep) char *search = NULL;
	char here[4096];

	write_text(path, text);
	assert_int_equal(chmod(path, 0755), 0);
	assert_non_null(getcwd(here, sizeof(here)));
	search = xasprintf("%s:/usr/bin:/bin", here);
	setenv("PATH", search, 1);
}

/* Answers for the server that it was asked for. */
#define ECHO_HELPER                                                                             \
	"[ \"$1\" = get ] || exit 9\n"                                                          \
	"read -r server || :\n"                                                                 \
	"printf '{\"ServerURL\":\"%s\",\"Username\":\"for %s\",\"Secret\":\"s\"}' \"$server\" " \
	"\"$server\""

static void asks_helpers(void **state)
{
	(void)state;
	static const struct {
		const char *file, *host, *username;
	} helped[] = {
		{ "{\"credsStore\":\"echo\"}", "r.example:5000", "for r.example:5000" },
		{ "{\"credsStore\":\"echo\"}", "docker.io", "for https://index.docker.io/v1/" },
		{ "{\"credHelpers\":{\"r.example\":\"echo\"}}", "r.example", "for r.example" },
		{ "{\"credHelpers\":{\"other\":\"echo\"}}", "r.example", NULL },
		{ "{\"credHelpers\":{\"r.example\":\"echo\"},\"credsStore\":\"missing\"}",
		  "r.example", "for r.example" },
		/* a store that does not know it: the file does */
		{ "{\"credsStore\":\"unknown\",\"auths\":{\"r.example\":" AUTH(U_S) "}}",
		  "r.example", "user" },
		{ "{\"credsStore\":\"unknown\"}", "r.example", NULL },
	};

	install_helper("echo", ECHO_HELPER);
	install_helper("unknown", "echo 'credentials not found in native keychain'; exit 1");
	for (size_t i = 0; i < ARRAY_SIZE(helped); i++) {
		AUTO(credentials_release) struct credentials found;

		write_text("c", helped[i].file);
		find("c", helped[i].host, "app", &found);
		assert_row(str_eq(found.username, helped[i].username), helped[i].file);
	}
}

static void takes_identity_tokens_from_helpers(void **state)
{
	(void)state;
	AUTO(credentials_release) struct credentials found;

	install_helper("id", "echo '{\"Username\":\"<token>\",\"Secret\":\"identity\"}'");
	write_text("c", "{\"credsStore\":\"id\"}");
	find("c", "a", "app", &found);
	assert_string_equal(found.identity_token, "identity");
	assert_null(found.username);
	assert_string_equal(found.origin, "docker-credential-id");
}

static void keep_warning(void *data, const struct event *event)
{
	assert_int_equal(event->kind, EVENT_WARNING);
	str_addf(data, "%s\n", event->text);
}

static void failing_helpers_are_warnings(void **state)
{
	(void)state;
	static const struct {
		const char *name, *script, *warning;
	} helpers[] = {
		{ "broken", "echo 'no session bus' >&2; exit 3",
		  "credentials for 'a': 'docker-credential-broken' failed: no session bus, "
		  "ignoring\n" },
		{ "silent", "exit 4",
		  "credentials for 'a': 'docker-credential-silent' failed with status 4, "
		  "ignoring\n" },
		{ "empty", "echo '{}'",
		  "credentials for 'a': the answer of 'docker-credential-empty' lacks Username or "
		  "Secret, ignoring\n" },
		{ "../x", NULL,
		  "credentials for 'a': '../x' is not the name of a credential helper, "
		  "ignoring\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++) {
		AUTO(credentials_release) struct credentials found = { .username = NULL };
		AUTO(strvec_release) struct strvec paths = STRVEC_INIT;
		AUTO(str_release) struct str warnings = STR_INIT;
		AUTO(freep) char *file = xasprintf("{\"credsStore\":\"%s\"}", helpers[i].name);
		struct monitor monitor = { .sink = keep_warning,
					   .sink_data = &warnings,
					   .cancel_fd = -1 };

		if (helpers[i].script)
			install_helper(helpers[i].name, helpers[i].script);
		write_text("c", file);
		strvec_add(&paths, "c");
		assert_ok(credentials_find(&paths, "a", "app", &monitor, &found, &err_));
		assert_false(credentials_exist(&found));
		assert_string_equal(warnings.ptr, helpers[i].warning);
		assert_non_null(strstr(helpers[i].warning, found.trouble));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(reads_files),
		scratch_test(reads_tokens),
		scratch_test(refuses_broken_files),
		scratch_test(searches_files_in_order),
		scratch_test(knows_where_files_are),
		scratch_test(asks_helpers),
		scratch_test(takes_identity_tokens_from_helpers),
		scratch_test(failing_helpers_are_warnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
