#include "headers.h"

#include "base/limits.h"
#include "unit.h"

static void add(struct headers *headers, const char *line)
{
	assert_ok(headers_add_line(headers, span_of(line), &err_));
}

static void finds_without_case_and_in_order(void **state)
{
	(void)state;
	AUTO(headers_release) struct headers headers = { .items = NULL };
	size_t at = 0;

	add(&headers, "Content-Type: text/plain; charset=utf-8\r\n");
	add(&headers, "WWW-Authenticate:Basic\r\n");
	add(&headers, "www-authenticate:  Bearer realm=\"a:b\" \r\n");
	add(&headers, "Empty:\r\n");
	add(&headers, "\r\n");
	assert_string_equal(headers_get(&headers, "content-type"), "text/plain; charset=utf-8");
	assert_string_equal(headers_get(&headers, "Empty"), "");
	assert_null(headers_get(&headers, "Content"));
	assert_string_equal(headers_next(&headers, "WWW-Authenticate", &at), "Basic");
	assert_string_equal(headers_next(&headers, "WWW-Authenticate", &at),
			    "Bearer realm=\"a:b\"");
	assert_null(headers_next(&headers, "WWW-Authenticate", &at));
	headers_clear(&headers);
	assert_null(headers_get(&headers, "Empty"));
}

static void media_type_has_no_parameters(void **state)
{
	(void)state;
	AUTO(headers_release) struct headers headers = { .items = NULL };
	AUTO(freep) char *type = NULL;

	assert_null(headers_media_type(&headers));
	add(&headers, "Content-Type: application/json ; charset=utf-8");
	type = headers_media_type(&headers);
	assert_string_equal(type, "application/json");
}

static void is_limited(void **state)
{
	(void)state;
	AUTO(headers_release) struct headers headers = { .items = NULL };
	AUTO(freep) char *line = xmalloc(LIMIT_HTTP_HEADER);

	memset(line, 'x', LIMIT_HTTP_HEADER);
	line[1] = ':';
	assert_ok(headers_add_line(&headers, (struct span){ line, LIMIT_HTTP_HEADER }, &err_));
	assert_int_equal(headers_add_line(&headers, SPAN_LIT("a"), &err_), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(finds_without_case_and_in_order),
		scratch_test(media_type_has_no_parameters),
		scratch_test(is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
