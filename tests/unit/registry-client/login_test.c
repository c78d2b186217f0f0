/* Where credentials go: the file that docker uses, or its helpers. Asking the registry is tested end to end. */
#include "registry/login.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "credentials.h"
#include "unit.h"

/* Nothing of the caller's counts. */
static int home_enter(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	unsetenv("REGISTRY_AUTH_FILE");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", ".", 1);
	setenv("DOCKER_CONFIG", "docker", 1);
	return mkdir("docker", 0755);
}

#define home_test(f) cmocka_unit_test_setup_teardown(f, home_enter, scratch_leave)

static const struct login_request anna = { .host = "r.example",
					   .username = "anna",
					   .password = "p:w" };

static void save(const struct login_request *request, const char *identity, const char *place)
{
	AUTO(freep) char *found = NULL;

	assert_ok(credentials_save(request, identity, NULL, &found, &err_));
	assert_string_equal(found, place);
}

static void find(const char *host, struct credentials *ret)
{
	AUTO(strvec_release) struct strvec paths = STRVEC_INIT;

	*ret = (struct credentials){ .username = NULL };
	credentials_paths(NULL, &paths);
	assert_ok(credentials_find(&paths, host, "app", NULL, ret, &err_));
}

static void assert_text(const char *path, const char *expected)
{
	AUTO(str_release) struct str text = STR_INIT;
	json_auto_t *json = NULL;

	assert_ok(json_parse_file(AT_FDCWD, path, 1 << 20, &json, &err_));
	json_write(json, &text);
	assert_string_equal(text.ptr, expected);
}

static void makes_the_file(void **state)
{
	(void)state;
	AUTO(credentials_release) struct credentials found;
	struct stat st;

	save(&anna, NULL, "docker/config.json");
	assert_int_equal(stat("docker/config.json", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	find("r.example", &found);
	assert_string_equal(found.username, "anna");
	assert_string_equal(found.password, "p:w");
}

static void keeps_what_else_is_there(void **state)
{
	(void)state;
	write_text("docker/config.json", "{\"z\":1,\"auths\":{\"https://r.example/v2/\":{\"auth\":"
					 "\"eDp5\"},\"b\":{\"auth\":\"eDp5\"}},\"a\":[2]}");
	save(&anna, NULL, "docker/config.json");
	assert_text("docker/config.json", "{\"z\":1,\"auths\":{\"b\":{\"auth\":\"eDp5\"},"
					  "\"r.example\":{\"auth\":\"YW5uYTpwOnc=\"}},\"a\":[2]}");
}

static void hub_has_its_key(void **state)
{
	(void)state;
	const struct login_request hub = { .host = "docker.io", .username = "a", .password = "b" };
	AUTO(credentials_release) struct credentials found;

	save(&hub, NULL, "docker/config.json");
	assert_text("docker/config.json",
		    "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"YTpi\"}}}");
	find("docker.io", &found);
	assert_string_equal(found.password, "b");
}

static void identity_in_place_of_the_password(void **state)
{
	(void)state;
	AUTO(credentials_release) struct credentials found;

	save(&anna, "token", "docker/config.json");
	assert_text("docker/config.json", "{\"auths\":{\"r.example\":{\"auth\":\"YW5uYTo=\","
					  "\"identitytoken\":\"token\"}}}");
	find("r.example", &found);
	assert_string_equal(found.identity_token, "token");
	assert_null(found.password);
}

/* A file that was made by hand and is wrong is not overwritten. */
static void broken_files_stay(void **state)
{
	(void)state;
	static const char *const rows[] = { "{\"auths\":", "[]", "\"text\"" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *place = NULL;
		AUTO(str_release) struct str after = STR_INIT;

		write_text("docker/config.json", rows[i]);
		err_clear(&err_);
		assert_row(credentials_save(&anna, NULL, NULL, &place, &err_) == -1, rows[i]);
		assert_ok(fs_read_file(AT_FDCWD, "docker/config.json", 100, &after, &err_));
		assert_string_equal(after.ptr, rows[i]);
	}
}

static void a_link_stays_one(void **state)
{
	(void)state;
	struct stat st;

	assert_int_equal(symlink("../dotfiles.json", "docker/config.json"), 0);
	write_text("dotfiles.json", "{}");
	save(&anna, NULL, "docker/config.json");
	assert_int_equal(lstat("docker/config.json", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_text("dotfiles.json", "{\"auths\":{\"r.example\":{\"auth\":\"YW5uYTpwOnc=\"}}}");
}

static void removes(void **state)
{
	(void)state;
	AUTO(strvec_release) struct strvec places = STRVEC_INIT;
	AUTO(strvec_release) struct strvec none = STRVEC_INIT;

	write_text("docker/config.json",
		   "{\"auths\":{\"https://r.example\":{\"auth\":\"eDp5\"},\"r.example/"
		   "team\":{\"auth\":"
		   "\"eDp5\"},\"r.example\":{}}}");
	assert_ok(credentials_remove("r.example", NULL, &places, &err_));
	assert_int_equal(places.len, 1);
	assert_string_equal(places.items[0], "docker/config.json");
	assert_text("docker/config.json", "{\"auths\":{\"r.example/team\":{\"auth\":\"eDp5\"}}}");
	assert_ok(credentials_remove("r.example", NULL, &none, &err_));
	assert_int_equal(none.len, 0);
}

static void hosts(void **state)
{
	(void)state;
	static const struct {
		const char *text, *host; /* NULL = refused */
	} rows[] = {
		{ "r.example", "r.example" },
		{ "https://r.example/v2/", "r.example" },
		{ "http://localhost:5000", "localhost:5000" },
		{ "localhost", "localhost" },
		{ "[::1]:5000", "[::1]:5000" },
		{ "docker.io", "docker.io" },
		{ "https://index.docker.io/v1/", "docker.io" },
		{ "registry-1.docker.io", "docker.io" },
		{ "host", NULL },
		{ "r.example/team", NULL },
		{ "", NULL },
		{ "r..example", NULL },
		{ "user@r.example", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *host = NULL;

		err_clear(&err_);
		assert_row((login_host_parse(rows[i].text, &host, &err_) == 0) ==
				   (rows[i].host != NULL),
			   rows[i].text);
		assert_row(str_eq(host, rows[i].host), rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(makes_the_file),    home_test(keeps_what_else_is_there),
		home_test(hub_has_its_key),   home_test(identity_in_place_of_the_password),
		home_test(broken_files_stay), home_test(a_link_stays_one),
		home_test(removes),           cmocka_unit_test(hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
