#include "base/yaml.h"

#include "unit.h"

struct fixture {
	struct arena *arena;
	struct diags diags;
	struct yaml_documents documents;
};

static void fixture_release(struct fixture *f)
{
	diags_release(&f->diags);
	arena_free(f->arena);
}

static int parse(struct fixture *f, const char *text)
{
	fixture_release(f);
	*f = (struct fixture){ .arena = arena_new() };
	diags_init(&f->diags, "f", span_of(text));
	return yaml_parse(f->arena, &f->diags, &f->documents);
}

static const struct yaml *parse_one(struct fixture *f, const char *text)
{
	if (parse(f, text) < 0 || f->documents.len != 1)
		fail_msg("'%s' is not one document", text);
	return f->documents.items[0];
}

/* YAML 1.2.2, section 10.3.2, and what of 1.1 is kept. */
static void scalars(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum yaml_kind kind;
		const char *value;
	} rows[] = {
		{ "~", YAML_NULL, "" },
		{ "null", YAML_NULL, "" },
		{ "nULL", YAML_STRING, "nULL" },
		{ "true", YAML_BOOL, "true" },
		{ "FALSE", YAML_BOOL, "false" },
		{ "yes", YAML_STRING, "yes" },
		{ "off", YAML_STRING, "off" },
		{ "0", YAML_INT, "0" },
		{ "-12", YAML_INT, "-12" },
		{ "+12", YAML_INT, "12" },
		{ "0o17", YAML_INT, "15" },
		{ "017", YAML_INT, "15" },
		{ "08", YAML_FLOAT, "8" },
		{ "0xfF", YAML_INT, "255" },
		{ "-0x10", YAML_INT, "-16" },
		{ "0b101", YAML_INT, "5" },
		{ "0x", YAML_STRING, "0x" },
		{ "1_000", YAML_INT, "1000" },
		{ "_1", YAML_STRING, "_1" },
		{ "9223372036854775807", YAML_INT, "9223372036854775807" },
		{ "-9223372036854775808", YAML_INT, "-9223372036854775808" },
		{ "9223372036854775808", YAML_FLOAT, "9223372036854775808" },
		{ "0xFFFFFFFFFFFFFFFF", YAML_FLOAT, "18446744073709551615" },
		{ "18446744073709551616", YAML_FLOAT, "18446744073709551616" },
		{ "-9223372036854775809", YAML_FLOAT, "-9223372036854775808" },
		{ "0x10000000000000000", YAML_STRING, "0x10000000000000000" },
		{ "1.5", YAML_FLOAT, "1.5" },
		{ "1.10", YAML_FLOAT, "1.1" },
		{ "5.", YAML_FLOAT, "5" },
		{ ".5", YAML_FLOAT, "0.5" },
		{ "1e3", YAML_FLOAT, "1000" },
		{ "1e-3", YAML_FLOAT, "0.001" },
		{ "1.25E+2", YAML_FLOAT, "125" },
		{ "1e", YAML_STRING, "1e" },
		{ ".", YAML_STRING, "." },
		{ "1.2.3", YAML_STRING, "1.2.3" },
		{ ".inf", YAML_FLOAT, ".inf" },
		{ "-.Inf", YAML_FLOAT, "-.inf" },
		{ ".nan", YAML_FLOAT, ".nan" },
		{ "22:22", YAML_STRING, "22:22" },
		{ "2001-12-14", YAML_STRING, "2001-12-14" },
		{ "'12'", YAML_STRING, "12" },
		{ "\"true\"", YAML_STRING, "true" },
		{ "!!str 12", YAML_STRING, "12" },
		{ "! 12", YAML_STRING, "12" },
		{ "!!int '12'", YAML_INT, "12" },
		{ "!!null ''", YAML_NULL, "" },
		{ "!!bool \"true\"", YAML_BOOL, "true" },
		{ "!own 12", YAML_INT, "12" },
		{ "|\n  12\n", YAML_STRING, "12\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(fixture_release) struct fixture f = { 0 };
		const struct yaml *node = parse_one(&f, rows[i].text);

		assert_row(node->kind == rows[i].kind, rows[i].text);
		assert_row(!strcmp(yaml_scalar_text(f.arena, node), rows[i].value), rows[i].text);
	}
}

/* What strtod reads back; never more digits than are needed. */
static void floats(void **state)
{
	(void)state;
	static const struct {
		double number;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ 0.1, "0.1" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 100, "100" },
		{ 123456.75, "123456.75" },
		{ -0.5, "-0.5" },
		{ 1e20, "100000000000000000000" },
		{ 1e21, "1e+21" },
		{ 0.0001, "0.0001" },
		{ 0.00001, "1e-05" },
		{ -2.5e-10, "-2.5e-10" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(str_release) struct str text = STR_INIT;

		yaml_format_float(rows[i].number, 21, &text);
		assert_string_equal(text.ptr, rows[i].text);
	}
}

static void places(void **state)
{
	(void)state;
	AUTO(fixture_release) struct fixture f = { 0 };
	const struct yaml *root = parse_one(&f, "a: 1\nbcd:\n  - x\n  - 'yz'\n");
	const struct yaml_entry *entry = yaml_entry(root, "bcd");
	const struct yaml *item = entry->value->list.items[1];

	assert_int_equal(entry->mark.line, 2);
	assert_int_equal(entry->mark.column, 1);
	assert_int_equal(entry->mark.length, 3);
	assert_int_equal(item->mark.line, 4);
	assert_int_equal(item->mark.column, 5);
	assert_int_equal(item->mark.length, 4);
	assert_ptr_equal(item->mark.file, &f.diags);
	/* Columns and lengths in bytes. */
	root = parse_one(&f, "# \u20ac\n{\u00e4: [\u00f6\u00fc, b]}\n");
	entry = yaml_entry(root, "\u00e4");
	item = entry->value->list.items[0];
	assert_int_equal(entry->mark.line, 2);
	assert_int_equal(entry->mark.column, 2);
	assert_int_equal(entry->mark.length, 2);
	assert_int_equal(item->mark.column, 7);
	assert_int_equal(item->mark.length, 4);
	assert_int_equal(entry->value->list.items[1]->mark.column, 13);
}

static void aliases(void **state)
{
	(void)state;
	AUTO(fixture_release) struct fixture f = { 0 };
	const struct yaml *root = parse_one(&f, "a: &x {k: [1]}\nb: *x\nc: &x 2\nd: *x\n");

	assert_true(yaml_equal(yaml_get(root, "a"), yaml_get(root, "b")));
	/* A copy, so that one can be changed without the other. */
	assert_ptr_not_equal(yaml_get(root, "a"), yaml_get(root, "b"));
	assert_int_equal(yaml_get(root, "d")->integer, 2);
}

/* Explicit keys win, then the earlier of a list; wherever '<<' stands. */
static void merge_keys(void **state)
{
	(void)state;
	AUTO(fixture_release) struct fixture f = { 0 };
	const struct yaml *root = parse_one(&f, "a: &a {x: 1, y: 1}\n"
						"b: &b {y: 2, z: 2}\n"
						"one: {<<: *a, x: 9}\n"
						"two:\n  <<: [*a, *b, {w: 3}]\n"
						"three: {'<<': 1}\n");
	const struct yaml *two = yaml_get(root, "two");

	assert_int_equal(yaml_get(yaml_get(root, "one"), "x")->integer, 9);
	assert_int_equal(yaml_get(yaml_get(root, "one"), "y")->integer, 1);
	assert_int_equal(yaml_get(two, "y")->integer, 1);
	assert_int_equal(yaml_get(two, "z")->integer, 2);
	assert_int_equal(yaml_get(two, "w")->integer, 3);
	assert_false(yaml_has(two, "<<"));
	/* In quotes it is a key like others. */
	assert_true(yaml_has(yaml_get(root, "three"), "<<"));
}

static void documents(void **state)
{
	(void)state;
	AUTO(fixture_release) struct fixture f = { 0 };

	assert_int_equal(parse(&f, "# only this\n"), 0);
	assert_int_equal(f.documents.len, 0);
	assert_int_equal(parse(&f, "\xEF\xBB\xBF"
				   "a: 1\r\n---\r\nb: &x 1\n"),
			 0);
	assert_int_equal(f.documents.len, 2);
	/* Anchors are those of one document. */
	assert_int_equal(parse(&f, "a: &x 1\n---\nb: *x\n"), -1);
}

/* Every problem, not only the first. */
static void problems(void **state)
{
	(void)state;
	AUTO(fixture_release) struct fixture f = { 0 };

	assert_int_equal(parse(&f, "1: x\na: 1\na: 2\n[b]: 1\nc: *d\n"
				   "e: {<<: {x: 1}, <<: {y: 1}}\n"),
			 -1);
	assert_int_equal(f.diags.errors, 5);
}

static void maps(void **state)
{
	(void)state;
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct yaml *map = yaml_new(arena, YAML_MAP, NULL);

	/* Across the size from which a hash is used, and back. */
	for (int i = 0; i < 100; i++)
		yaml_set(arena, map, arena_printf(arena, "k%d", i), yaml_new_int(arena, i, NULL));
	for (int i = 0; i < 100; i += 2)
		yaml_remove(map, arena_printf(arena, "k%d", i));
	yaml_set(arena, map, "k1", yaml_new_int(arena, -1, NULL));
	yaml_set(arena, map, "a", yaml_new_bool(arena, true, NULL));
	assert_int_equal(yaml_len(map), 51);
	assert_int_equal(yaml_get(map, "k1")->integer, -1);
	assert_int_equal(yaml_get(map, "k99")->integer, 99);
	assert_null(yaml_get(map, "k98"));
	assert_string_equal(map->map.items[0].key, "k1");
	yaml_sort(map);
	assert_string_equal(map->map.items[0].key, "a");
	assert_int_equal(yaml_get(map, "k51")->integer, 51);
	assert_null(yaml_get(yaml_get(map, "k51"), "x"));
	assert_null(yaml_get(NULL, "x"));
}

static void equality(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{ "{a: 1, b: 2}", "{b: 2, a: 1}", true },
		{ "[1, 2]", "[2, 1]", false },
		{ "1", "'1'", false },
		{ "[{a: [~]}]", "[{a: [null]}]", true },
		{ "{a: 1}", "{a: 1, b: 2}", false },
		{ "1.0", "1", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(fixture_release) struct fixture a = { 0 };
		AUTO(fixture_release) struct fixture b = { 0 };

		assert_row(yaml_equal(parse_one(&a, rows[i].a), parse_one(&b, rows[i].b)) ==
				   rows[i].equal,
			   rows[i].a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars),    cmocka_unit_test(floats),
		cmocka_unit_test(places),     cmocka_unit_test(aliases),
		cmocka_unit_test(merge_keys), cmocka_unit_test(documents),
		cmocka_unit_test(problems),   cmocka_unit_test(maps),
		cmocka_unit_test(equality),
	};

	return cmocka_run_group_tests_name("base_yaml", tests, NULL, NULL);
}
