/* What the look-up in the tables relies on. */
#include "attr.h"

#include "unit.h"

#define DEPTH_MAX 12

static void check_table(const struct attr *attr, unsigned depth)
{
	if (!attr || depth == DEPTH_MAX)
		return;
	for (const struct attr *field = attr->fields; field && field->name; field++) {
		const struct attr *next = field + 1;

		if (next->name && strcmp(field->name, next->name) >= 0)
			fail_msg("'%s' stands before '%s'", field->name, next->name);
		if (attr_member(attr, field->name) != field)
			fail_msg("'%s' is not found", field->name);
		assert_row(field->types != 0, field->name);
		check_table(field, depth + 1);
	}
	check_table(attr->values, depth + 1);
	check_table(attr->items, depth + 1);
}

static void sorted(void **state)
{
	(void)state;
	check_table(&attr_document, 0);
}

/* What has a structure is of a kind that can have it. */
static void check_kinds(const struct attr *attr, unsigned depth)
{
	if (!attr || depth == DEPTH_MAX)
		return;
	assert_true(!attr->items || (attr->types & YAML_BIT(YAML_LIST)));
	assert_true(!attr->values || (attr->types & YAML_BIT(YAML_MAP)));
	assert_true(!attr->fields || (attr->types & YAML_BIT(YAML_MAP)));
	assert_true(!attr->one_of || (attr->types & YAML_BIT(YAML_STRING)));
	for (const struct attr *field = attr->fields; field && field->name; field++)
		check_kinds(field, depth + 1);
	check_kinds(attr->values, depth + 1);
	check_kinds(attr->items, depth + 1);
}

static void kinds(void **state)
{
	(void)state;
	check_kinds(&attr_document, 0);
}

static void places(void **state)
{
	(void)state;
	const struct place root = { .up = NULL };
	const struct place services = { .up = &root, .key = "services" };
	const struct place web = { .up = &services, .key = "web" };
	const struct place ports = { .up = &web, .key = "ports" };
	const struct place first = { .up = &ports, .index = 0 };
	AUTO(freep) char *text = place_text(&first);
	AUTO(freep) char *none = place_text(&root);

	assert_string_equal(text, "services.web.ports[0]");
	assert_string_equal(none, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted),
		cmocka_unit_test(kinds),
		cmocka_unit_test(places),
	};

	return cmocka_run_group_tests_name("compose_attr", tests, NULL, NULL);
}
