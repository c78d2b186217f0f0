/* Downloads from a server that misbehaves on demand: tests/fixtures/web_server.py. */
#include "registry/download.h"

#include <sys/eventfd.h>

#include "unit.h"
#include "web_server.h"

static struct web_server server;
static struct str content;
static unsigned restarts;

static int restart(void *data, struct err *err)
{
	(void)data;
	(void)err;
	str_clear(&content);
	restarts++;
	return 0;
}

static int write_content(void *data, const void *bytes, size_t len, struct err *err)
{
	(void)data;
	(void)err;
	str_addn(&content, bytes, len);
	return 0;
}

static const struct download_sink sink = { .restart = restart, .write = write_content };

/* A file in which every place can be told from every other. */
static void make_large_file(void)
{
	AUTO(str_release) struct str text = STR_INIT;

	for (unsigned i = 0; i < 30000; i++)
		str_addf(&text, "%08u", i);
	write_text("files/large", text.ptr);
}

static int set_up(void **state)
{
	if (scratch_enter(state) < 0 || mkdir("files", 0755) < 0)
		return -1;
	str_init(&content, 0);
	restarts = 0;
	unsetenv("http_proxy");
	write_text("files/file", "hello\n");
	make_large_file();
	web_server_start(&server, "files");
	return 0;
}

static int tear_down(void **state)
{
	web_server_stop(&server);
	str_release(&content);
	return scratch_leave(state);
}

static int fetch(const char *path, struct download_request request, struct download_result *ret)
{
	AUTO(freep) char *url = web_server_url(&server, path);

	request.url = url;
	request.sink = &sink;
	err_clear(&err_);
	return download(&request, ret, &err_);
}

static void assert_is_large_file(void)
{
	AUTO(str_release) struct str want = STR_INIT;

	assert_ok(fs_read_file(AT_FDCWD, "files/large", LIMIT_MIB, &want, &err_));
	assert_int_equal(content.len, want.len);
	assert_memory_equal(content.ptr, want.ptr, want.len);
}

static void brings_a_file_and_its_validators(void **state)
{
	AUTO(download_result_release) struct download_result result = DOWNLOAD_RESULT_INIT;
	struct timespec times[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };

	(void)state;
	assert_int_equal(utimensat(AT_FDCWD, "files/file", times, 0), 0);
	assert_ok(fetch("file", (struct download_request){ .limit = 6 }, &result));
	assert_string_equal(content.ptr, "hello\n");
	assert_int_equal(result.size, 6);
	assert_int_equal(result.modified, 1000000000);
	assert_non_null(result.etag);
	assert_false(result.unchanged);
}

static void does_not_bring_what_is_there(void **state)
{
	AUTO(download_result_release) struct download_result first = DOWNLOAD_RESULT_INIT;
	AUTO(download_result_release) struct download_result second = DOWNLOAD_RESULT_INIT;
	AUTO(download_result_release) struct download_result third = DOWNLOAD_RESULT_INIT;

	(void)state;
	assert_ok(fetch("file", (struct download_request){ .url = NULL }, &first));
	assert_ok(fetch("file", (struct download_request){ .etag = first.etag }, &second));
	assert_true(second.unchanged);
	assert_int_equal(restarts, 1);
	write_text("files/file", "other\n");
	assert_ok(fetch("file", (struct download_request){ .etag = first.etag }, &third));
	assert_false(third.unchanged);
	assert_string_equal(content.ptr, "other\n");
}

static void recovers(void **state)
{
	static const struct {
		const char *path;
		const char *asked; /* what the log must show */
		unsigned restarts;
	} rows[] = {
		{ "moved/large", "GET /moved/large 302", 1 },
		{ "busy/large", "GET /busy/large 503", 1 },
		{ "cut/large", "206 range=bytes=", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(download_result_release) struct download_result result = DOWNLOAD_RESULT_INIT;

		(void)state;
		restarts = 0;
		assert_ok(fetch(rows[i].path, (struct download_request){ .url = NULL }, &result));
		assert_is_large_file();
		assert_int_equal(web_server_count(rows[i].asked), 1);
		assert_row(restarts == rows[i].restarts, rows[i].path);
	}
}

/* What came before the break is of another file: If-Range tells. */
static void starts_over_when_the_file_has_changed(void **state)
{
	AUTO(download_result_release) struct download_result result = DOWNLOAD_RESULT_INIT;

	(void)state;
	assert_ok(fetch("changed/large", (struct download_request){ .url = NULL }, &result));
	assert_int_equal(restarts, 2);
	assert_int_equal(content.len, 240000);
	/* the server has turned it round */
	assert_memory_equal(content.ptr, "99992000", 8);
}

static void refuses(void **state)
{
	static const struct {
		const char *path;
		uint64_t limit;
		enum err_kind kind;
		const char *message;
	} rows[] = {
		{ "missing", 0, ERR_NOT_FOUND, "not found (404)" },
		{ "private/file", 0, ERR_DENIED, "access denied (401)" },
		{ "loop", 0, ERR_PROTOCOL, "redirects without end" },
		{ "metadata", 0, ERR_PROTOCOL, "link-local" },
		{ "endless", 100 * LIMIT_KIB, ERR_LIMIT, "larger than 100 KiB" },
		{ "file", 5, ERR_LIMIT, "larger than" },
		/* what comes again is no progress: it does not go on for ever */
		{ "broken/large", 0, ERR_NETWORK, "the connection broke" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(download_result_release) struct download_result result = DOWNLOAD_RESULT_INIT;
		struct download_request request = { .limit = rows[i].limit };

		assert_row(fetch(rows[i].path, request, &result) < 0, rows[i].path);
		assert_row(err_.kind == rows[i].kind, rows[i].path);
		if (!strstr(err_.message, rows[i].message))
			fail_msg("row '%s': %s", rows[i].path, err_.message);
	}
}

static void sends_a_password_to_its_server_and_shows_it_to_nobody(void **state)
{
	AUTO(freep)
	char *good = xasprintf("http://anna:sesame@127.0.0.1:%d/private/file", server.port);
	AUTO(freep)
	char *wrong = xasprintf("http://anna:opensesame@127.0.0.1:%d/private/file", server.port);
	AUTO(download_result_release) struct download_result result = DOWNLOAD_RESULT_INIT;
	struct download_request request = { .url = good, .sink = &sink };

	(void)state;
	assert_ok(download(&request, &result, &err_));
	assert_string_equal(content.ptr, "hello\n");
	download_result_release(&result);
	request.url = wrong;
	assert_int_equal(download(&request, &result, &err_), -1);
	assert_int_equal(err_.kind, ERR_DENIED);
	assert_null(strstr(err_.message, "opensesame"));
}

static void nobody_listens(void **state)
{
	AUTO(download_result_release) struct download_result result = DOWNLOAD_RESULT_INIT;

	(void)state;
	web_server_stop(&server);
	assert_int_equal(fetch("file", (struct download_request){ .url = NULL }, &result), -1);
	assert_int_equal(err_.kind, ERR_NETWORK);
	assert_non_null(strstr(err_.message, "cannot connect"));
}

static void stops_when_it_is_told_to(void **state)
{
	AUTO(download_result_release) struct download_result result = DOWNLOAD_RESULT_INIT;
	AUTO(fd_closep) int cancel = eventfd(1, EFD_CLOEXEC);
	struct monitor monitor = { .cancel_fd = cancel };

	(void)state;
	assert_int_equal(
		fetch("endless", (struct download_request){ .monitor = &monitor }, &result), -1);
	assert_int_equal(err_.kind, ERR_CANCELLED);
}

static void names_of_files(void **state)
{
	static const struct {
		const char *url, *want;
	} rows[] = {
		{ "http://example.com/a/b.tar.gz", "b.tar.gz" },
		{ "https://example.com/b?x=/y", "b" },
		{ "https://example.com/b#c", "b" },
		{ "https://example.com/with%20blank", "with blank" },
		{ "https://example.com/", NULL },
		{ "https://example.com", NULL },
		{ "https://example.com/dir/", NULL },
		{ "https://example.com/a%2f..", NULL },
		{ "https://example.com/a%2fb", "b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *name = download_name(rows[i].url);

		assert_row(str_eq(name, rows[i].want), rows[i].url);
	}
}

static void only_http(void **state)
{
	static const char *const rows[] = { "ftp://example.com/x", "file:///etc/passwd",
					    "example.com/x", "http://" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(download_result_release) struct download_result result = DOWNLOAD_RESULT_INIT;
		struct download_request request = { .url = rows[i], .sink = &sink };

		err_clear(&err_);
		assert_row(download(&request, &result, &err_) < 0, rows[i]);
		assert_row(err_.kind == ERR_INPUT, rows[i]);
	}
}

#define server_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		server_test(brings_a_file_and_its_validators),
		server_test(does_not_bring_what_is_there),
		server_test(recovers),
		server_test(starts_over_when_the_file_has_changed),
		server_test(refuses),
		server_test(sends_a_password_to_its_server_and_shows_it_to_nobody),
		server_test(nobody_listens),
		server_test(stops_when_it_is_told_to),
		scratch_test(names_of_files),
		scratch_test(only_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
