/* Pulls through mirrors: the ways in which one can fail to have what it should have. */
#include "route.h"

#include "world.h"

static struct faulty mirror;

static int stop_mirror(void **state)
{
	faulty_stop(&mirror);
	return world_tear_down(state);
}

#define mirror_test(f) cmocka_unit_test_setup_teardown(f, world_set_up, stop_mirror)

/* "upstream.test/app" and its mirror are rewritten to servers on loopback. */
static void configure(int mirror_port, const char *more)
{
	AUTO(freep)
	char *text = xasprintf("registries:\n"
			       "  upstream.test:\n"
			       "    location: 127.0.0.1:%d\n"
			       "    mirrors:\n"
			       "      - {location: '127.0.0.1:%d'%s}\n",
			       world.server.port, mirror_port, more);

	write_text("config.yaml", text);
	assert_ok(registry_configure(world.registry, "config.yaml", &err_));
	image_ref_release(&world.ref);
	assert_ok(image_ref_parse("upstream.test/app:1", &world.ref, &err_));
}

static void start_mirror(const char *const *options)
{
	/* Both log into one file; the ports tell them apart. */
	faulty_start(&mirror, options);
}

static unsigned count_at(int port)
{
	AUTO(freep) char *host = xasprintf("\"host\": \"127.0.0.1:%d\"", port);

	return faulty_count(host);
}

static void a_mirror_that_has_it_is_all_that_is_asked(void **state)
{
	(void)state;
	world_begin(NULL);
	start_mirror(NULL);
	configure(mirror.port, "");
	world_pulls();
	assert_int_equal(count_at(mirror.port), 3);
	assert_int_equal(count_at(world.server.port), 0);
}

static void what_a_mirror_cannot_give_comes_from_the_registry(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		unsigned at_registry;
	} rows[] = {
		{ "\"on\": \"GET\", \"status\": 404", 3 },
		{ "\"on\": \"GET\", \"status\": 503", 3 },
		{ "\"on\": \"GET\", \"status\": 401", 3 },
		{ "\"on\": \"GET .*manifests\", \"cut\": 10", 3 },
		{ "\"on\": \"GET .*blobs\", \"status\": 404", 2 },
		{ "\"on\": \"GET .*blobs\", \"cut\": 10", 2 },
		{ "\"on\": \"GET .*blobs\", \"corrupt\": true", 2 },
		{ "\"on\": \"GET .*blobs\", \"longer\": true", 2 },
		{ "\"on\": \"GET .*blobs\", \"redirect\": \"http://169.254.1.1/\"", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(freep) char *faults = xasprintf("[{%s, \"times\": -1}]", rows[i].fault);
		const char *const options[] = { "--faults", faults, NULL };

		world_begin(NULL);
		start_mirror(options);
		configure(mirror.port, "");
		world_pulls();
		if (count_at(world.server.port) != rows[i].at_registry)
			fail_msg("%s: %u requests", rows[i].fault, count_at(world.server.port));
		stop_mirror(state);
		assert_int_equal(world_set_up(state), 0);
	}
}

static void a_dead_mirror_is_asked_once(void **state)
{
	(void)state;
	world_begin(NULL);
	configure(1, "");
	world_pulls();
	assert_int_equal(count_at(world.server.port), 3);
	assert_non_null(strstr(world.warnings.ptr, "mirror '127.0.0.1:1': cannot connect"));
}

static void a_mirror_for_digests_is_not_asked_for_tags(void **state)
{
	(void)state;
	world_begin(NULL);
	start_mirror(NULL);
	configure(mirror.port, ", digests-only: true");
	world_pulls();
	assert_int_equal(count_at(world.server.port), 1);
	assert_int_equal(count_at(mirror.port), 2);
}

/* Nobody's password is for a mirror that it was not given for. */
static void a_mirror_gets_its_own_credentials(void **state)
{
	(void)state;
	const char *const options[] = { "--auth", "basic", NULL };
	AUTO(freep) char *text = NULL;

	world_begin(NULL);
	start_mirror(options);
	configure(mirror.port, "");
	text = xasprintf("{\"auths\":{\"127.0.0.1:%d\":{\"auth\":\"dXNlcjpjb3JyZWN0IGhvcnNl\"}}}",
			 world.server.port);
	write_text("config.json", text);
	world_pulls();
	assert_int_equal(faulty_count("\"authorization\": \"Basic"), 0);
	assert_int_equal(count_at(world.server.port), 3);
}

static void what_is_pushed_goes_past_the_mirrors(void **state)
{
	(void)state;
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	struct descriptor target = { .size = 0 };

	world_begin(NULL);
	start_mirror(NULL);
	configure(mirror.port, "");
	assert_ok(world_pull(&target, &err_));
	assert_ok(image_ref_parse("upstream.test/copy:1", &ref, &err_));
	assert_ok(registry_push(world.registry, world.store, &target, &ref, 1, NULL, &err_));
	assert_int_equal(count_at(mirror.port), 3);
	assert_int_equal(faulty_count("\"POST\", \"path\": \"/v2/copy/blobs/uploads/?mount="), 2);
	assert_int_equal(faulty_count("\"PUT\""), 1);
	descriptor_release(&target);
}

/* "team/app" is "app" there, which is what the registry has to be told. */
static void a_mount_names_the_source_as_the_registry_does(void **state)
{
	(void)state;
	AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
	AUTO(freep) char *text = NULL;
	struct descriptor target = { .size = 0 };
	struct push_summary summary;

	world_begin(NULL);
	text = xasprintf("registries:\n"
			 "  upstream.test/team: {location: '127.0.0.1:%d'}\n"
			 "  upstream.test/other: {location: '127.0.0.1:1'}\n",
			 world.server.port);
	write_text("config.yaml", text);
	assert_ok(registry_configure(world.registry, "config.yaml", &err_));
	image_ref_release(&world.ref);
	assert_ok(image_ref_parse("upstream.test/team/app:1", &world.ref, &err_));
	assert_ok(world_pull(&target, &err_));
	assert_ok(image_ref_parse("upstream.test/team/copy:1", &ref, &err_));
	assert_ok(registry_push(world.registry, world.store, &target, &ref, 1, &summary, &err_));
	assert_int_equal(summary.skipped_blobs, 2);
	assert_int_equal(faulty_count("&from=app\""), 2);
	assert_null(route_sibling(world.registry, &ref, "other/app"));
	descriptor_release(&target);
}

static void paths_are_put_before_repositories(void **state)
{
	(void)state;
	static const struct {
		const char *rule, *location, *name, *expected;
	} cases[] = {
		{ "r.lan", "s.lan", "r.lan/a/b", "a/b" },
		{ "r.lan", "s.lan/x", "r.lan/a/b", "x/a/b" },
		{ "r.lan/a", "s.lan/x", "r.lan/a/b", "x/b" },
		{ "r.lan/a", "s.lan", "r.lan/a/b", "b" },
		{ "r.lan/a/b", "s.lan/x/y", "r.lan/a/b", "x/y" },
		{ "docker.io", "s.lan/hub", "debian", "hub/library/debian" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(image_ref_release) struct image_ref ref = IMAGE_REF_INIT;
		AUTO(freep)
		char *text = xasprintf("registries:\n  %s: {location: %s}\n", cases[i].rule,
				       cases[i].location);
		struct route route;

		world_connect();
		write_text("config.yaml", text);
		assert_ok(registry_configure(world.registry, "config.yaml", &err_));
		assert_ok(image_ref_parse(cases[i].name, &ref, &err_));
		route_find(world.registry, &ref, true, &route);
		assert_int_equal(route.len, 1);
		assert_string_equal(route.items[0].host->name, "s.lan");
		assert_row(str_eq(route.items[0].repository, cases[i].expected), cases[i].name);
		route_release(&route);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mirror_test(a_mirror_that_has_it_is_all_that_is_asked),
		mirror_test(what_a_mirror_cannot_give_comes_from_the_registry),
		mirror_test(a_dead_mirror_is_asked_once),
		mirror_test(a_mirror_for_digests_is_not_asked_for_tags),
		mirror_test(a_mirror_gets_its_own_credentials),
		mirror_test(what_is_pushed_goes_past_the_mirrors),
		mirror_test(a_mount_names_the_source_as_the_registry_does),
		mirror_test(paths_are_put_before_repositories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
