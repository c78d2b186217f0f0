/* Merges, !reset and !override, where the peers' cases leave off. */
#include "base/yaml.h"
#include "model.h"
#include "tree.h"

static const struct yaml *service(struct loading *loading, const char *base, const char *other)
{
	write_text("compose.yaml", base);
	write_text("compose.override.yaml", other);
	if (loading_run(loading) < 0)
		fail_msg("%s", err_.message);
	return yaml_get(yaml_get(compose_tree(loading->compose), "services"), "a");
}

static void entry_of_a_list(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	const struct yaml *a =
		service(&loading, "services: {a: {image: i, environment: [A=1, AB=2, C]}}\n",
			"services: {a: {environment: {A: !reset , C: !reset }}}\n");

	assert_int_equal(yaml_len(yaml_get(a, "environment")), 1);
	assert_string_equal(yaml_get_text(yaml_get(a, "environment"), "AB"), "2");
}

static void whole_service(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	const struct yaml *a = service(&loading, "services: {a: {image: i}, b: {image: i}}\n",
				       "services: {a: !reset null}\n");

	assert_null(a);
	assert_int_equal(yaml_len(yaml_get(compose_tree(loading.compose), "services")), 1);
}

static void override_keeps_its_own(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	const struct yaml *a = service(
		&loading, "services: {a: {image: i, ports: ['1:1', '2:2'], cap_add: [X]}}\n",
		"services: {a: {ports: !override ['3:3'], cap_add: [Y]}}\n");

	assert_int_equal(yaml_len(yaml_get(a, "ports")), 1);
	assert_int_equal(yaml_len(yaml_get(a, "cap_add")), 2);
}

/* The value of a !reset is not looked at. */
static void value_is_ignored(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	const struct yaml *a =
		service(&loading, "services: {a: {image: i, command: x}}\n",
			"services: {a: {command: !reset '${', ports: !reset {a: 1}}}\n");

	assert_null(yaml_get(a, "command"));
}

/* Only the options of a logging driver are those of no other driver. */
static void other_drivers(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	const struct yaml *a = service(&loading,
				       "services: {a: {logging: {driver: x, options: {k: v}}, "
				       "provider: {type: x, options: {k: v}}}}\n",
				       "services: {a: {logging: {driver: y, options: {l: w}}, "
				       "provider: {type: y, options: {l: w}}}}\n");

	assert_int_equal(yaml_len(yaml_get(yaml_get(a, "logging"), "options")), 1);
	assert_int_equal(yaml_len(yaml_get(yaml_get(a, "provider"), "options")), 2);
	assert_string_equal(yaml_get_text(yaml_get(a, "provider"), "type"), "y");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(entry_of_a_list),        scratch_test(whole_service),
		scratch_test(override_keeps_its_own), scratch_test(value_is_ignored),
		scratch_test(other_drivers),
	};

	return cmocka_run_group_tests_name("compose_tags", tests, NULL, NULL);
}
