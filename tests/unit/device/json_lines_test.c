#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "json_lines.h"

static int note(void *data, const json_t *json, struct err *err)
{
	const char *word = json_get_string(json, "a");

	str_addf(data, "%s;", word);
	return str_eq(word, "stop") ? err_set(err, ERR_SYSTEM, "stopped") : 0;
}

/* What was seen of `text`, handed over in parts of `size` bytes. */
static int read_all(const char *text, size_t size, size_t limit, struct str *seen, struct err *err)
{
	AUTO(json_lines_release) struct json_lines lines = { .line = note, .data = seen };
	size_t len = strlen(text);

	json_lines_init(&lines, limit);
	for (size_t at = 0; at < len; at += size) {
		if (json_lines_take(&lines, text + at, len - at < size ? len - at : size, err) < 0)
			return -1;
	}
	return json_lines_end(&lines, err);
}

/* However the bytes are cut, the same comes out; with blank lines, and without a last end of line. */
static void takes_lines(void **state)
{
	static const char text[] = "{\"a\":\"one\"}\r\n\r\n{\"a\":\"two\"}\n\n{\"a\":\"three\"}";

	(void)state;
	for (size_t size = 1; size <= sizeof(text); size++) {
		AUTO(str_release) struct str seen = STR_INIT;

		assert_int_equal(read_all(text, size, 100, &seen, NULL), 0);
		assert_string_equal(seen.ptr, "one;two;three;");
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *seen;
		enum err_kind kind;
	} cases[] = {
		{ "{\"a\":\"one\"}\nno JSON\n{\"a\":\"two\"}\n", "one;", ERR_PROTOCOL },
		{ "{\"a\":\"one\"}\n{\"a\":", "one;", ERR_PROTOCOL },
		{ "{\"a\":\"longer than the limit\"}\n", "", ERR_PROTOCOL },
		{ "{\"a\":\"longer than the limit\"}", "", ERR_PROTOCOL },
		{ "{\"a\":\"stop\"}\n{\"a\":\"two\"}\n", "stop;", ERR_SYSTEM },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(str_release) struct str seen = STR_INIT;
		AUTO(err_release) struct err err = ERR_INIT;

		assert_int_equal(read_all(cases[i].text, 5, 20, &seen, &err), -1);
		assert_int_equal(err.kind, cases[i].kind);
		assert_string_equal(seen.ptr, cases[i].seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_lines),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
