#include "context/http_file.h"

#include "unit.h"
#include "web_server.h"

#define HELLO \
	"sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" /* printf 'hello\n' | sha256sum */

static struct store *store;
static struct web_server server;

static int set_up(void **state)
{
	if (scratch_enter(state) < 0 || mkdir("files", 0755) < 0)
		return -1;
	unsetenv("http_proxy");
	write_text("files/file", "hello\n");
	web_server_start(&server, "files");
	return store_open("store", &store, &err_);
}

static int tear_down(void **state)
{
	web_server_stop(&server);
	store_closep(&store);
	return scratch_leave(state);
}

static int fetch(const char *path, const char *checksum, struct http_file *ret)
{
	AUTO(freep) char *url = web_server_url(&server, path);
	struct digest digest;
	const struct http_file_request request = {
		.url = url,
		.checksum = checksum ? &digest : NULL,
		.store = store,
	};

	err_clear(&err_);
	if (checksum)
		assert_ok(digest_parse(checksum, &digest, &err_));
	return http_file_fetch(&request, ret, &err_);
}

static void a_file_becomes_a_blob(void **state)
{
	struct timespec times[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	AUTO(str_release) struct str text = STR_INIT;
	struct http_file file;

	(void)state;
	assert_int_equal(utimensat(AT_FDCWD, "files/file", times, 0), 0);
	assert_ok(fetch("file", NULL, &file));
	assert_string_equal(file.digest.text, HELLO);
	assert_int_equal(file.modified, 1000000000);
	assert_ok(store_read_blob(store, &file.digest, LIMIT_MIB, &text, &err_));
	assert_string_equal(text.ptr, "hello\n");
	/* asked again, not sent again, and the same is known of it */
	assert_ok(fetch("file", NULL, &file));
	assert_int_equal(file.modified, 1000000000);
	assert_int_equal(web_server_count("304"), 1);
}

static void a_known_digest_needs_no_server(void **state)
{
	struct http_file file;

	(void)state;
	assert_ok(fetch("file", HELLO, &file));
	web_server_stop(&server);
	assert_ok(fetch("file", HELLO, &file));
	assert_string_equal(file.digest.text, HELLO);
	assert_int_equal(fetch("file", NULL, &file), -1);
	assert_int_equal(err_.kind, ERR_NETWORK);
}

static void another_content_is_refused(void **state)
{
	struct http_file file;

	(void)state;
	write_text("files/file", "other\n");
	assert_int_equal(fetch("file", HELLO, &file), -1);
	assert_int_equal(err_.kind, ERR_DIGEST);
	assert_non_null(strstr(err_.message, HELLO));
	assert_non_null(err_.hint);
	/* what was wrong then may be right now */
	write_text("files/file", "hello\n");
	assert_ok(fetch("file", HELLO, &file));
}

static void what_the_store_has_lost_is_brought_again(void **state)
{
	struct http_file file;

	(void)state;
	assert_ok(fetch("file", NULL, &file));
	assert_ok(store_delete_blob(store, &file.digest, &err_));
	assert_ok(fetch("file", NULL, &file));
	assert_true(store_has_blob(store, &file.digest, NULL));
	assert_int_equal(web_server_count("GET /file 200"), 2);
}

static void without_validators_it_is_brought_each_time(void **state)
{
	struct http_file file;

	(void)state;
	assert_ok(fetch("bare/file", NULL, &file));
	assert_int_equal(file.modified, 0);
	assert_ok(fetch("bare/file", NULL, &file));
	assert_int_equal(web_server_count("GET /bare/file 200"), 2);
}

#define server_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		server_test(a_file_becomes_a_blob),
		server_test(a_known_digest_needs_no_server),
		server_test(another_content_is_refused),
		server_test(what_the_store_has_lost_is_brought_again),
		server_test(without_validators_it_is_brought_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
