#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "device/stream.h"

/* Two frames of stdout with one of stderr between them, one of them empty. */
static const char frames[] = "\1\0\0\0\0\0\0\5hello"
			     "\2\0\0\0\0\0\0\3bad"
			     "\1\0\0\0\0\0\0\0"
			     "\1\0\0\0\0\0\0\6 world";

struct seen {
	struct str text[2];
};

static int see(void *data, int stream, const char *text, size_t len, struct err *err)
{
	struct seen *seen = data;

	(void)err;
	str_addn(&seen->text[stream - 1], text, len);
	return 0;
}

/* However the bytes are cut, the same comes out. */
static void test_cuts(void **state)
{
	(void)state;
	for (size_t size = 1; size < sizeof(frames); size++) {
		struct seen seen = { { STR_INIT, STR_INIT } };
		const struct stream_sink sink = { .write = see, .data = &seen };
		struct stream_reader reader = { .sink = &sink };

		for (size_t at = 0; at < sizeof(frames) - 1; at += size) {
			size_t left = sizeof(frames) - 1 - at;

			assert_int_equal(
				stream_read(&reader, frames + at, left < size ? left : size, NULL),
				0);
		}
		assert_string_equal(seen.text[0].ptr, "hello world");
		assert_string_equal(seen.text[1].ptr, "bad");
		str_release(&seen.text[0]);
		str_release(&seen.text[1]);
	}
}

static void test_raw(void **state)
{
	struct seen seen = { { STR_INIT, STR_INIT } };
	const struct stream_sink sink = { .write = see, .data = &seen };
	struct stream_reader reader = { .sink = &sink, .is_raw = true };

	(void)state;
	assert_int_equal(stream_read(&reader, "\1\0x", 3, NULL), 0);
	assert_int_equal(seen.text[0].len, 3);
	str_release(&seen.text[0]);
}

static void test_no_frames(void **state)
{
	struct seen seen = { { STR_INIT, STR_INIT } };
	const struct stream_sink sink = { .write = see, .data = &seen };
	struct stream_reader reader = { .sink = &sink };
	AUTO(err_release) struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(stream_read(&reader, "HTTP/1.1", 8, &err), -1);
	assert_int_equal(err.kind, ERR_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_no_frames),
	};

	return cmocka_run_group_tests_name("device/stream", tests, NULL, NULL);
}
