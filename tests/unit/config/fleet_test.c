#include "config/fleet.h"

#include "world.h"

static struct fleets fleets;

static int leave(void **state)
{
	fleets_release(&fleets);
	return world_leave(state);
}

#define fleet_test(f) cmocka_unit_test_setup_teardown(f, world_enter, leave)

static void read_fleets(const char *project)
{
	load(project, NULL);
	assert_ok(fleets_read(config, &fleets, &err_));
}

static const char *read_wrong(const char *project)
{
	load(project, NULL);
	err_clear(&err_);
	assert_int_equal(fleets_read(config, &fleets, &err_), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	return err_.message;
}

static void reads_all_of_it(void **state)
{
	(void)state;
	const struct fleet *fleet;

	read_fleets("fleets:\n"
		    "  greenhouse:\n"
		    "    registry: r.lan:5000/team\n"
		    "    repository: plants/green\n"
		    "    boards: [raspberrypi4-64, beagleplay]\n"
		    "    platforms: linux/arm/v6\n"
		    "    channel: stable\n"
		    "    services: [pump, sensor]\n"
		    "    profiles: ['*']\n"
		    "    labels: {site: north, floor: 2, live: true}\n");
	assert_int_equal(fleets.len, 1);
	assert_string_equal(fleets.path, "edgectl.yaml");
	fleet = fleet_lookup(&fleets, "greenhouse");
	assert_non_null(fleet);
	assert_int_equal(fleet->mark.line, 2);
	assert_int_equal(fleet->mark.column, 3);
	assert_string_equal(fleet->registry.text, "r.lan:5000/team");
	assert_string_equal(fleet->repository.text, "plants/green");
	assert_string_equal(fleet->reference, "r.lan:5000/team/plants/green");
	assert_int_equal(fleet->boards.len, 2);
	assert_string_equal(fleet->boards.items[1].text, "beagleplay");
	assert_int_equal(fleet->boards.items[1].mark.line, 5);
	assert_int_equal(fleet->boards.items[1].mark.column, 31);
	assert_int_equal(fleet->platforms.len, 1);
	assert_string_equal(fleet->channel.text, "stable");
	assert_int_equal(fleet->services.len, 2);
	assert_string_equal(fleet->profiles.items[0].text, "*");
	assert_int_equal(fleet->labels.len, 3);
	assert_string_equal(fleet->labels.items[1].name, "floor");
	assert_string_equal(fleet->labels.items[1].value.text, "2");
	assert_string_equal(fleet->labels.items[2].value.text, "true");
}

static void takes_from_the_project_what_it_does_not_say(void **state)
{
	(void)state;
	const struct fleet *one, *two;

	read_fleets("registry: r.lan\n"
		    "board: raspberrypi4-64\n"
		    "fleets:\n"
		    "  one:\n"
		    "  two: {platforms: [linux/arm64], registry: s.lan}\n");
	one = fleet_lookup(&fleets, "one");
	two = fleet_lookup(&fleets, "two");
	assert_string_equal(one->reference, "r.lan/one");
	assert_string_equal(one->channel.text, "latest");
	assert_int_equal(one->boards.len, 1);
	assert_int_equal(one->boards.items[0].mark.line, 2);
	assert_int_equal(one->platforms.len, 0);
	assert_string_equal(two->reference, "s.lan/two");
	assert_int_equal(two->boards.len, 0);
	assert_int_equal(two->platforms.len, 1);
}

static void one_without_a_registry_has_no_reference(void **state)
{
	(void)state;
	read_fleets("fleets: {one: {}}\n");
	assert_null(fleets.items[0].registry.text);
	assert_null(fleets.items[0].reference);
	assert_string_equal(fleets.items[0].repository.text, "one");
}

static void says_what_is_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "fleets: {One: {}}\n",
		  "edgectl.yaml:1:10: error: fleet 'One' needs a 'repository'" },
		{ "registry: r.lan\nfleets:\n  a: {}\n  b: {repository: a}\n",
		  "edgectl.yaml:4:3: error: the releases of fleet 'b' would be kept at 'r.lan/a'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *message = read_wrong(cases[i].text);

		if (!strstr(message, cases[i].message))
			fail_msg("'%s' gives\n%s", cases[i].text, message);
	}
	read_fleets("fleets: {One: {repository: one}}\n");
}

static void finds_by_name(void **state)
{
	(void)state;
	const struct fleet *fleet = NULL;

	read_fleets("fleets: {greenhouse: {}}\n");
	assert_ok(fleet_find(&fleets, "greenhouse", &fleet, &err_));
	assert_ptr_equal(fleet, &fleets.items[0]);
	assert_int_equal(fleet_find(&fleets, "grenhouse", &fleet, &err_), -1);
	assert_int_equal(err_.kind, ERR_NOT_FOUND);
	assert_string_equal(err_.hint, "did you mean 'greenhouse'?");
	err_clear(&err_);
	fleets_release(&fleets);
	assert_int_equal(unlink("edgectl.yaml"), 0);
	load(NULL, NULL);
	assert_ok(fleets_read(config, &fleets, &err_));
	assert_int_equal(fleet_find(&fleets, "a", &fleet, &err_), -1);
	assert_string_equal(err_.hint, "name it under 'fleets' in edgectl.yaml");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fleet_test(reads_all_of_it),
		fleet_test(takes_from_the_project_what_it_does_not_say),
		fleet_test(one_without_a_registry_has_no_reference),
		fleet_test(says_what_is_wrong),
		fleet_test(finds_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
