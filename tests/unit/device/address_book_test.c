#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/str.h"
#include "device/address_book.h"

/* A fresh home with nothing of docker's around. */
static int set_up(void **state)
{
	static const char *const variables[] = { "DOCKER_HOST", "DOCKER_CONTEXT",
						 "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH" };
	char *dir = NULL;

	if (fs_make_temp_dir(AT_FDCWD, "/tmp/edgectl-address-book-", &dir, NULL) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		(void)unsetenv(variables[i]);
	(void)setenv("EDGECTL_CONFIG_HOME", dir, 1);
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

static void write_file(const char *dir, const char *name, const char *text)
{
	AUTO(freep) char *path = path_join(dir, name);
	AUTO(freep) char *parent = path_dir(path);

	assert_int_equal(fs_mkdir_all(AT_FDCWD, parent, 0755, NULL), 0);
	assert_int_equal(fs_write_file_atomic(AT_FDCWD, path, text, strlen(text), 0600, NULL), 0);
}

static void add(const char *name, const char *text)
{
	struct device_address address;

	assert_int_equal(device_address_parse(text, &address, NULL), 0);
	assert_int_equal(
		address_book_add(&(struct known_device){ .name = (char *)name, .address = address },
				 NULL),
		0);
	device_address_release(&address);
}

static void check_resolved(const char *word, const char *expected)
{
	AUTO(err_release) struct err err = ERR_INIT;
	struct device_address address;
	AUTO(freep) char *text = NULL;

	if (device_resolve(word, &address, &err) < 0)
		fail_msg("%s: %s", word, err.message);
	text = device_address_format(&address);
	assert_string_equal(text, expected);
	device_address_release(&address);
}

static void test_add_and_remove(void **state)
{
	AUTO(err_release) struct err err = ERR_INIT;
	struct address_book book;

	(void)state;
	add("lab", "tcp://10.0.0.7");
	add("bench", "root@pi");
	add("lab", "pi2");
	assert_int_equal(address_book_load(&book, NULL), 0);
	assert_int_equal(book.len, 2);
	assert_string_equal(book.items[0].name, "bench");
	assert_string_equal(book.items[1].address.host, "pi2");
	address_book_release(&book);
	assert_int_equal(address_book_remove("banch", &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err.hint, "'bench'"));
	assert_int_equal(address_book_remove("bench", NULL), 0);
	check_resolved("lab", "ssh://pi2");
	check_resolved("bench", "ssh://bench");
}

static void test_names(void **state)
{
	static const char *const bad[] = { "", "-x", "a b", "a/b", "a:1" };
	struct device_address address = DEVICE_ADDRESS_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO(err_release) struct err err = ERR_INIT;

		assert_int_equal(address_book_add(&(struct known_device){ .name = (char *)bad[i],
									  .address = address },
						  &err),
				 -1);
		assert_int_equal(err.kind, ERR_USAGE);
	}
}

/* In the order of the header: DOCKER_HOST, the current context, the only board. */
static void test_default(void **state)
{
	AUTO(err_release) struct err err = ERR_INIT;
	struct device_address address;

	assert_int_equal(device_resolve(NULL, &address, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	add("bench", "root@pi");
	check_resolved(NULL, "ssh://root@pi");
	add("lab", "pi2");
	assert_int_equal(device_resolve(NULL, &address, NULL), -1);
	write_file(*state, "config.json", "{\"currentContext\": \"ctx\"}");
	/* printf ctx | sha256sum */
	write_file(*state,
		   "contexts/meta/0230c6b1d833c51cc426492022677b74c60d82891931221a42db9e7bb06205e9/"
		   "meta.json",
		   "{\"Name\": \"ctx\", \"Endpoints\": {\"docker\": {\"Host\": "
		   "\"ssh://anna@board\"}}}");
	check_resolved(NULL, "ssh://anna@board");
	(void)setenv("DOCKER_HOST", "tcp://10.0.0.9:2376", 1);
	check_resolved(NULL, "tcp://10.0.0.9:2376");
	(void)setenv("DOCKER_TLS_VERIFY", "1", 1);
	check_resolved(NULL, "tcp+tls://10.0.0.9:2376");
}

static void test_broken_file(void **state)
{
	AUTO(err_release) struct err err = ERR_INIT;
	struct address_book book;

	write_file(*state, "devices.json", "[]");
	assert_int_equal(address_book_load(&book, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	err_clear(&err);
	write_file(*state, "devices.json", "{\"x\": {\"address\": \"-o\"}}");
	assert_int_equal(address_book_load(&book, &err), -1);
	assert_non_null(strstr(err.message, "board 'x'"));
	address_book_release(&book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_add_and_remove, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_default, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_broken_file, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("device/address_book", tests, NULL, NULL);
}
