#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "device/docker_proxies.h"

static int set_up(void **state)
{
	char *dir = NULL;

	if (fs_make_temp_dir(AT_FDCWD, "/tmp/edgectl-docker-proxies-", &dir, NULL) < 0)
		return -1;
	(void)setenv("DOCKER_CONFIG", dir, 1);
	*state = dir;
	return 0;
}

static int tear_down(void **state)
{
	int status = fs_remove_all(AT_FDCWD, *state, NULL);

	free(*state);
	return status;
}

static int read_for(const char *dir, const char *config, const char *address, struct strmap *ret,
		    struct err *err)
{
	AUTO(freep) char *path = path_join(dir, "config.json");
	AUTO(device_address_release) struct device_address parsed = DEVICE_ADDRESS_INIT;

	if (config)
		assert_int_equal(
			fs_write_file_atomic(AT_FDCWD, path, config, strlen(config), 0600, NULL),
			0);
	assert_int_equal(device_address_parse(address, &parsed, NULL), 0);
	return docker_proxies_read(&parsed, ret, err);
}

#define CONFIG                                                                             \
	"{\"proxies\": {\"default\": {\"httpProxy\": \"http://any\", \"ftpProxy\": \"\"}," \
	" \"ssh://root@pi\": {\"noProxy\": \"pi\"}, \"tcp://pi:2376\": {\"allProxy\": "    \
	"\"socks5://a\"}}}"

static void test_which(void **state)
{
	static const struct {
		const char *address, *name, *value;
		size_t len;
	} rows[] = {
		{ "ssh://root@other", "HTTP_PROXY", "http://any", 2 },
		{ "ssh://root@other", "http_proxy", "http://any", 2 },
		{ "ssh://root@pi", "NO_PROXY", "pi", 2 },
		{ "tcp+tls://pi:2376", "all_proxy", "socks5://a", 2 },
		{ "tcp://pi:2376", "ALL_PROXY", "socks5://a", 2 },
		{ "unix:///x", "https_proxy", NULL, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(strmap_release) struct strmap found = { .items = NULL };
		const char *value = NULL;

		assert_int_equal(read_for(*state, CONFIG, rows[i].address, &found, NULL), 0);
		value = strmap_get(&found, rows[i].name);
		assert_int_equal(found.len, rows[i].len);
		if (rows[i].value)
			assert_string_equal(value, rows[i].value);
		else
			assert_null(value);
	}
}

static void test_none(void **state)
{
	static const char *const configs[] = { NULL, "{}", "{\"proxies\": []}",
					       "{\"proxies\": {\"default\": {\"httpProxy\": 1}}}" };
	AUTO(strmap_release) struct strmap found = { .items = NULL };
	AUTO(err_release) struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		assert_int_equal(read_for(*state, configs[i], "pi", &found, &err), 0);
		assert_int_equal(found.len, 0);
	}
	assert_int_equal(read_for(*state, "{", "pi", &found, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_which, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
