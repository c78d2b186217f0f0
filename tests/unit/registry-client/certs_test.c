#include "certs.h"

#include <stdlib.h>

#include "unit.h"

static void make_dir(const char *path)
{
	assert_ok(fs_mkdir_all(AT_FDCWD, path, 0755, &err_));
}

static void load(const char *host, struct certs *ret)
{
	AUTO(strvec_release) struct strvec dirs = STRVEC_INIT;

	strvec_add(&dirs, "missing");
	strvec_add(&dirs, "user");
	strvec_add(&dirs, "system");
	*ret = (struct certs)CERTS_INIT;
	assert_ok(certs_load(&dirs, host, ret, &err_));
}

static void takes_the_first_directory_of_the_host(void **state)
{
	(void)state;
	AUTO(certs_release) struct certs certs;

	make_dir("user/r.example:5000");
	make_dir("system/r.example:5000");
	write_text("user/r.example:5000/b.crt", "B");
	write_text("user/r.example:5000/a.crt", "A");
	write_text("user/r.example:5000/c.cert", "C");
	write_text("user/r.example:5000/c.key", "K");
	write_text("user/r.example:5000/README", "no certificate");
	write_text("system/r.example:5000/ca.crt", "S");
	load("r.example:5000", &certs);
	assert_string_equal(certs.authorities.ptr, "A\nB\n");
	assert_string_equal(certs.certificate, "user/r.example:5000/c.cert");
	assert_string_equal(certs.key, "user/r.example:5000/c.key");
}

static void falls_back_to_the_system_and_to_nothing(void **state)
{
	(void)state;
	AUTO(certs_release) struct certs certs, none;

	make_dir("system/r.example");
	write_text("system/r.example/ca.crt", "S");
	load("r.example", &certs);
	assert_string_equal(certs.authorities.ptr, "S\n");
	assert_null(certs.certificate);
	load("other.example", &none);
	assert_int_equal(none.authorities.len, 0);
}

static void a_certificate_needs_its_key(void **state)
{
	(void)state;
	AUTO(strvec_release) struct strvec dirs = STRVEC_INIT;
	struct certs certs = CERTS_INIT;

	make_dir("d/r.example");
	write_text("d/r.example/client.cert", "C");
	strvec_add(&dirs, "d");
	assert_int_equal(certs_load(&dirs, "r.example", &certs, &err_), -1);
	assert_non_null(strstr(err_.message, "client.key', the key of 'd/r.example/client.cert'"));
	assert_null(certs.certificate);
}

static void knows_the_directories(void **state)
{
	(void)state;
	AUTO(strvec_release) struct strvec dirs = STRVEC_INIT;
	AUTO(freep) char *joined = NULL;

	setenv("HOME", "/h", 1);
	unsetenv("XDG_CONFIG_HOME");
	certs_dirs(&dirs);
	joined = strvec_join(&dirs, " ");
	assert_string_equal(joined, "/h/.config/containers/certs.d /h/.config/docker/certs.d "
				    "/etc/containers/certs.d /etc/docker/certs.d");
	strvec_clear(&dirs);
	setenv("XDG_CONFIG_HOME", "/c", 1);
	certs_dirs(&dirs);
	assert_string_equal(dirs.items[0], "/c/containers/certs.d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(takes_the_first_directory_of_the_host),
		scratch_test(falls_back_to_the_system_and_to_nothing),
		scratch_test(a_certificate_needs_its_key),
		scratch_test(knows_the_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
