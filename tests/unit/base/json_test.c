#include "base/json.h"

#include "base/limits.h"
#include "unit.h"

static void json_freep(json_t **json)
{
	json_decref(*json);
}

static void parse(const char *text, json_t **ret_json)
{
	assert_ok(json_parse(span_of(text), "test", ret_json, &err_));
}

static void same_tree_same_bytes(void **state)
{
	(void)state;
	AUTO(json_freep) json_t *json = NULL;
	AUTO(str_release) struct str out = STR_INIT;
	AUTO(str_release) struct str pretty = STR_INIT;

	parse(" { \"z\" : [ 1, true, null ], \"a\" : { \"b\": \"\\u00e4/\" } } ", &json);
	json_write(json, &out);
	assert_string_equal(out.ptr, "{\"z\":[1,true,null],\"a\":{\"b\":\"\xc3\xa4/\"}}");
	json_write_pretty(json, &pretty);
	assert_string_equal(pretty.ptr, "{\n  \"z\": [\n    1,\n    true,\n    null\n  ],\n"
					"  \"a\": {\n    \"b\": \"\xc3\xa4/\"\n  }\n}\n");
}

static void bad_text(void **state)
{
	(void)state;
	static const struct {
		const char *text, *place;
	} rows[] = {
		{ "", "test:1:0: " },
		{ "{", "test:1:1: " },
		{ "{\"a\":1,\n\"a\":2}", "test:2:" },
		{ "[1] x", "test:1:5: " },
		{ "[1,]", "test:1:4: " },
		{ "\"\xff\"", "test:1:" },
		{ "{\"a\\u0000b\":1}", "test:1:" },
		{ "99999999999999999999", "test:1:" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(err_release) struct err err = ERR_INIT;
		json_t *json = NULL;

		assert_row(json_parse(span_of(rows[i].text), "test", &json, &err) == -1,
			   rows[i].text);
		assert_null(json);
		assert_int_equal(err.kind, ERR_INPUT);
		if (strncmp(err.message, rows[i].place, strlen(rows[i].place)) != 0)
			fail_msg("'%s' gives '%s'", rows[i].text, err.message);
	}
}

static int parse_nested(int depth)
{
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(json_freep) json_t *json = NULL;

	for (int i = 0; i < depth; i++)
		str_add(&text, i % 2 ? "{\"a\":" : "[");
	/* brackets in strings do not count */
	str_add(&text, "\"[[[[\\\"[[{{\"");
	for (int i = depth - 1; i >= 0; i--)
		str_addc(&text, i % 2 ? '}' : ']');
	return json_parse(str_span(&text), "test", &json, &err_);
}

static void depth_has_a_bound(void **state)
{
	(void)state;

	assert_ok(parse_nested(LIMIT_JSON_DEPTH));
	assert_int_equal(parse_nested(LIMIT_JSON_DEPTH + 1), -1);
	assert_string_equal(err_.message, "test:1:193: nested more than 64 levels deep");
	assert_int_equal(parse_nested(1000000), -1);
	err_clear(&err_);
}

static void getters_are_forgiving(void **state)
{
	(void)state;
	AUTO(json_freep) json_t *json = NULL;

	parse("{\"s\":\"x\",\"i\":-9007199254740993,\"o\":{},\"a\":[],\"n\":null}", &json);
	assert_string_equal(json_get_string(json, "s"), "x");
	assert_null(json_get_string(json, "i"));
	assert_null(json_get_string(json, "missing"));
	assert_null(json_get_string(NULL, "s"));
	assert_true(json_get_int(json, "i", 5) == -9007199254740993LL);
	assert_int_equal(json_get_int(json, "s", 5), 5);
	assert_int_equal(json_get_int(NULL, "s", 5), 5);
	assert_non_null(json_get_object(json, "o"));
	assert_null(json_get_object(json, "a"));
	assert_non_null(json_get_array(json, "a"));
	assert_null(json_get_array(json, "n"));
}

static void strings_of_any_bytes(void **state)
{
	(void)state;
	AUTO(json_freep) json_t *object = json_object();
	AUTO(strvec_release) struct strvec v = STRVEC_INIT;
	AUTO(str_release) struct str out = STR_INIT;

	strvec_add(&v, "a\xff\xc3\xa4");
	strvec_add(&v, "\xc3");
	json_set_string(object, "k", "b\x80");
	json_object_set_new(object, "v", json_from_strvec(&v));
	json_write(object, &out);
	assert_string_equal(
		out.ptr,
		"{\"k\":\"b\xef\xbf\xbd\",\"v\":[\"a\xef\xbf\xbd\xc3\xa4\",\"\xef\xbf\xbd\"]}");
}

static void to_strvec_passes_over_others(void **state)
{
	(void)state;
	AUTO(json_freep) json_t *json = NULL;
	AUTO(strvec_release) struct strvec v = STRVEC_INIT;

	parse("[\"a\",1,\"b\",null]", &json);
	json_to_strvec(json, &v);
	json_to_strvec(NULL, &v);
	assert_int_equal(v.len, 2);
	assert_string_equal(v.items[1], "b");
}

static void files_have_a_limit(void **state)
{
	(void)state;
	AUTO(json_freep) json_t *json = NULL;

	write_text("a.json", "{\"a\":12}");
	assert_ok(json_parse_file(AT_FDCWD, "a.json", 8, &json, &err_));
	assert_int_equal(json_get_int(json, "a", 0), 12);
	assert_int_equal(json_parse_file(AT_FDCWD, "a.json", 7, &json, &err_), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
	assert_int_equal(json_parse_file(AT_FDCWD, "b.json", 7, &json, &err_), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_tree_same_bytes),
		cmocka_unit_test(bad_text),
		cmocka_unit_test(depth_has_a_bound),
		cmocka_unit_test(getters_are_forgiving),
		cmocka_unit_test(strings_of_any_bytes),
		cmocka_unit_test(to_strvec_passes_over_others),
		scratch_test(files_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
