/* What the peers' tables do not hold: raw files, places of errors, the order of look-ups. */
#include "compose/dotenv.h"

#include "unit.h"

static const char *lookup(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "OUTER") == 0 ? "outer" : NULL;
}

static const struct template_scope scope = { .lookup = lookup };

static void raw(void **state)
{
	(void)state;
	AUTO(strmap_release) struct strmap map = STRMAP_INIT;
	static const char text[] = "# comment\n"
				   "  A='x' # kept \n"
				   "B=${OUTER}\r\n"
				   "OUTER\n"
				   "UNSET\n"
				   "\n"
				   "C=";

	assert_ok(dotenv_parse_raw(span_of(text), "f", &scope, &map, &err_));
	assert_int_equal(map.len, 4);
	assert_string_equal(strmap_get(&map, "A"), "'x' # kept ");
	assert_string_equal(strmap_get(&map, "B"), "${OUTER}");
	assert_string_equal(strmap_get(&map, "OUTER"), "outer");
	assert_string_equal(strmap_get(&map, "C"), "");
}

static void raw_refused(void **state)
{
	(void)state;
	static const char *const rows[] = { "=x", "A B=c", "A\tB" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(strmap_release) struct strmap map = STRMAP_INIT;

		assert_row(dotenv_parse_raw(span_of(rows[i]), "f", &scope, &map, NULL) < 0,
			   rows[i]);
	}
}

/* The outer environment wins over what the file said before. */
static void outer_first(void **state)
{
	(void)state;
	AUTO(strmap_release) struct strmap map = STRMAP_INIT;

	assert_ok(dotenv_parse(span_of("OUTER=inner\nA=$OUTER\nB=x\nC=$B\n"), "f", &scope, &map,
			       &err_));
	assert_string_equal(strmap_get(&map, "OUTER"), "inner");
	assert_string_equal(strmap_get(&map, "A"), "outer");
	assert_string_equal(strmap_get(&map, "C"), "x");
}

/* Lines of Windows end as any others; what stands between quotes is kept as it is. */
static void windows(void **state)
{
	(void)state;
	AUTO(strmap_release) struct strmap map = STRMAP_INIT;

	assert_ok(dotenv_parse(span_of("A=1\r\nOUTER\r\n# c\r\nB='x\r\ny' # c\r\nC=z # c\r\n"), "f",
			       &scope, &map, &err_));
	assert_int_equal(map.len, 4);
	assert_string_equal(strmap_get(&map, "A"), "1");
	assert_string_equal(strmap_get(&map, "OUTER"), "outer");
	assert_string_equal(strmap_get(&map, "B"), "x\r\ny");
	assert_string_equal(strmap_get(&map, "C"), "z");
}

static void places(void **state)
{
	(void)state;
	static const struct {
		const char *text, *place;
	} rows[] = {
		{ "A=1\nB B=2\n", "f:2: " },    { "A=\"x\ny\"\n%=1\n", "f:3: " },
		{ "# a\n\n\nA=${\n", "f:4: " }, { "A=1\nB='x\n\n", "f:2: " },
		{ "A\nB\n!\n", "f:3: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(strmap_release) struct strmap map = STRMAP_INIT;
		AUTO(err_release) struct err err = ERR_INIT;

		assert_row(dotenv_parse(span_of(rows[i].text), "f", &scope, &map, &err) < 0,
			   rows[i].text);
		assert_row(str_has_prefix(err.message, rows[i].place), err.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw),         cmocka_unit_test(raw_refused),
		cmocka_unit_test(outer_first), cmocka_unit_test(windows),
		cmocka_unit_test(places),
	};

	return cmocka_run_group_tests_name("compose_dotenv", tests, NULL, NULL);
}
