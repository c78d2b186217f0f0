#include "base/attributes.h"

#include "base/str.h"
#include "base/vec.h"
#include "unit.h"

static char *shown(const struct strmap *map)
{
	struct str out = STR_INIT;

	VEC_FOREACH(item, map)
		str_addf(&out, "[%s]=%s ", item->key, item->value ? item->value : "(none)");
	return str_detach(&out);
}

static void fields(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "type=local", "[type]=local " },
		{ "type=image,push", "[type]=image [push]=(none) " },
		{ "TYPE=Image", "[type]=Image " },
		{ "a=1,a=2", "[a]=2 " },
		{ "a=b=c", "[a]=b=c " },
		{ "a=", "[a]= " },
		{ "\"name=x,y\",b=1", "[name]=x,y [b]=1 " },
		{ "\"a=say \"\"hi\"\"\"", "[a]=say \"hi\" " },
		{ "annotation.org.Example=V", "[annotation.org.Example]=V " },
		{ " a=1, b=2", "[a]=1 [b]=2 " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(strmap_release) struct strmap map = STRMAP_INIT;
		AUTO(freep) char *have = NULL;

		assert_ok(attributes_parse(rows[i].text, &map, &err_));
		have = shown(&map);
		assert_string_equal(have, rows[i].want);
	}
}

static void mistakes(void **state)
{
	static const char *const rows[] = { "",      "a=1,,b=2", "=1",  "a=\"b\"",
					    "\"a=1", "\"a=1\"b", "a=1," };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(strmap_release) struct strmap map = STRMAP_INIT;

		assert_row(attributes_parse(rows[i], &map, &err_) < 0, rows[i]);
		assert_int_equal(err_.kind, ERR_USAGE);
		err_clear(&err_);
	}
}

static void booleans(void **state)
{
	AUTO(strmap_release) struct strmap map = STRMAP_INIT;
	bool value = false;

	(void)state;
	assert_ok(attributes_parse("on=TRUE,off=0,bare,odd=maybe", &map, &err_));
	assert_ok(attributes_get_bool(&map, "on", false, &value, &err_));
	assert_true(value);
	assert_ok(attributes_get_bool(&map, "off", true, &value, &err_));
	assert_false(value);
	assert_ok(attributes_get_bool(&map, "bare", false, &value, &err_));
	assert_true(value);
	assert_ok(attributes_get_bool(&map, "absent", true, &value, &err_));
	assert_true(value);
	assert_int_equal(attributes_get_bool(&map, "odd", true, &value, &err_), -1);
	assert_non_null(strstr(err_.message, "odd=maybe"));
	err_clear(&err_);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(booleans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
