#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/str.h"
#include "device/address.h"

static const struct {
	const char *text;
	enum device_transport transport;
	const char *user, *host;
	unsigned port;
	const char *path, *canonical;
} good[] = {
	{ "pi.local", DEVICE_SSH, NULL, "pi.local", 0, NULL, "ssh://pi.local" },
	{ "anna@pi:2222", DEVICE_SSH, "anna", "pi", 2222, NULL, "ssh://anna@pi:2222" },
	{ "10.0.0.7", DEVICE_SSH, NULL, "10.0.0.7", 0, NULL, "ssh://10.0.0.7" },
	{ "fe80::1%eth0", DEVICE_SSH, NULL, "fe80::1%eth0", 0, NULL, "ssh://[fe80::1%eth0]" },
	{ "root@[fe80::1]:22", DEVICE_SSH, "root", "fe80::1", 22, NULL, "ssh://root@[fe80::1]:22" },
	{ "ssh://pi/run/podman.sock", DEVICE_SSH, NULL, "pi", 0, "/run/podman.sock",
	  "ssh://pi/run/podman.sock" },
	{ "ssh://pi/", DEVICE_SSH, NULL, "pi", 0, NULL, "ssh://pi" },
	{ "unix:///run/docker.sock", DEVICE_UNIX, NULL, NULL, 0, "/run/docker.sock",
	  "unix:///run/docker.sock" },
	{ "tcp://pi", DEVICE_TCP, NULL, "pi", 2375, NULL, "tcp://pi:2375" },
	{ "http://pi:99", DEVICE_TCP, NULL, "pi", 99, NULL, "tcp://pi:99" },
	{ "tcp+tls://pi", DEVICE_TLS, NULL, "pi", 2376, NULL, "tcp+tls://pi:2376" },
	{ "tcp+tls://[::1]:1", DEVICE_TLS, NULL, "::1", 1, NULL, "tcp+tls://[::1]:1" },
};

static void check_good(size_t i)
{
	struct device_address address;
	AUTO(freep) char *canonical = NULL;

	assert_int_equal(device_address_parse(good[i].text, &address, NULL), 0);
	assert_int_equal(address.transport, good[i].transport);
	assert_true(str_eq(address.user, good[i].user));
	assert_true(str_eq(address.host, good[i].host));
	assert_int_equal(address.port, good[i].port);
	assert_true(str_eq(address.path, good[i].path));
	canonical = device_address_format(&address);
	assert_string_equal(canonical, good[i].canonical);
	device_address_release(&address);
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		check_good(i);
}

/* What ssh(1) would take for an option, or a shell for more than a word, is among them. */
static const struct {
	const char *text, *why;
} bad[] = {
	{ "", "the host is missing" },
	{ "-oProxyCommand=x", "no host name" },
	{ "ssh://-oProxyCommand=x/", "no host name" },
	{ "ssh://-l@pi", "no user name" },
	{ "pi;reboot", "no host name" },
	{ "$(reboot)@pi", "no user name" },
	{ "anna:secret@pi", "a password does not belong here" },
	{ "pi:0", "from 1 to 65535" },
	{ "pi:65536", "from 1 to 65535" },
	{ "pi:", "from 1 to 65535" },
	{ "pi:ssh", "from 1 to 65535" },
	{ "[fe80::1", "']' is missing" },
	{ "[::1]22", "only ':PORT'" },
	{ "pi/run/docker.sock", "a path needs a scheme" },
	{ "unix://run/docker.sock", "is absolute" },
	{ "tcp://anna@pi", "only ssh://" },
	{ "tcp://pi/v1.41", "a path belongs to" },
	{ "npipe:////./pipe/x", "none of the known schemes" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct device_address address;
		AUTO(err_release) struct err err = ERR_INIT;

		assert_int_equal(device_address_parse(bad[i].text, &address, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		if (!strstr(err.message, bad[i].why))
			fail_msg("'%s': %s", bad[i].text, err.message);
		assert_non_null(err.hint);
	}
}

static void test_private(void **state)
{
	static const struct {
		const char *text;
		bool is_private;
	} rows[] = { { "pi", true },
		     { "unix:///s", true },
		     { "tcp+tls://pi", true },
		     { "tcp://127.0.0.1", true },
		     { "tcp://[::1]:1", true },
		     { "tcp://localhost", true },
		     { "tcp://10.0.0.7", false },
		     { "tcp://pi.local", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct device_address address;

		assert_int_equal(device_address_parse(rows[i].text, &address, NULL), 0);
		assert_int_equal(device_address_is_private(&address), rows[i].is_private);
		device_address_release(&address);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_private),
	};

	return cmocka_run_group_tests_name("device/address", tests, NULL, NULL);
}
