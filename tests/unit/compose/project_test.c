/* The model as structures. */
#include "compose/project.h"

#include "model.h"

static void whole(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	const struct compose_project *project = NULL;
	const struct compose_service *web = NULL;
	const struct compose_watch *rule = NULL;
	AUTO(freep) char *context = NULL;

	load_text(&loading,
		  "services:\n"
		  "  web:\n"
		  "    build:\n"
		  "      context: ./src\n"
		  "      args: {A: 1}\n"
		  "      platforms: [linux/arm64, linux/arm/v7]\n"
		  "      secrets: [{source: s, target: t, mode: '0400'}]\n"
		  "      additional_contexts: {base: 'service:db'}\n"
		  "      no_cache: true\n"
		  "      ulimits: {nofile: {soft: 1, hard: '2'}, nproc: 3, core: -1}\n"
		  "    depends_on: {db: {condition: service_healthy, restart: true}}\n"
		  "    develop:\n"
		  "      watch: [{path: ./src, action: sync+exec, target: /app, ignore: [x, y],\n"
		  "               exec: {command: make all, user: u}}]\n"
		  "    post_start: [{command: [a, b], privileged: true}]\n"
		  "    scale: 2\n"
		  "    platform: linux/arm64\n"
		  "    environment: [X=1, Y]\n"
		  "  db: {build: ., image: db:1}\n"
		  "secrets: {s: {environment: S}}\n"
		  "networks: {default: {name: n}}\n");
	project = compose_project(loading.compose);
	assert_string_equal(project->name, "p");
	assert_string_equal(project->directory, loading.cwd);
	assert_int_equal(project->services.len, 2);
	web = compose_find_service(project, "web");
	assert_non_null(web);
	assert_null(web->image);
	assert_int_equal(web->scale, 2);
	assert_string_equal(web->platform, "linux/arm64");
	assert_string_equal(strmap_get(&web->environment, "X"), "1");
	assert_true(strmap_has(&web->environment, "Y"));
	assert_null(strmap_get(&web->environment, "Y"));
	context = xasprintf("%s/src", loading.cwd);
	assert_string_equal(web->build->context, context);
	assert_string_equal(web->build->dockerfile, "Dockerfile");
	assert_string_equal(strmap_get(&web->build->args, "A"), "1");
	assert_string_equal(web->build->platforms.items[1], "linux/arm/v7");
	assert_null(web->build->platforms.items[2]);
	assert_string_equal(strmap_get(&web->build->additional_contexts, "base"), "service:db");
	assert_string_equal(strmap_get(&web->build->ulimits, "nofile"), "1:2");
	assert_string_equal(strmap_get(&web->build->ulimits, "nproc"), "3:3");
	assert_string_equal(strmap_get(&web->build->ulimits, "core"), "-1:-1");
	assert_true(web->build->no_cache);
	assert_false(web->build->pull);
	assert_int_equal(web->build->secrets.len, 1);
	assert_string_equal(web->build->secrets.items[0].mode, "0400");
	assert_int_equal(web->depends_on.len, 1);
	assert_int_equal(web->depends_on.items[0].condition, COMPOSE_HEALTHY);
	assert_true(web->depends_on.items[0].required);
	assert_true(web->depends_on.items[0].restart);
	rule = &web->watch.items[0];
	assert_int_equal(rule->action, COMPOSE_SYNC_EXEC);
	assert_string_equal(rule->path, context);
	assert_string_equal(rule->ignore.items[1], "y");
	assert_string_equal(rule->exec.command.items[0], "make");
	assert_string_equal(rule->exec.user, "u");
	assert_string_equal(web->post_start.items[0].command.items[1], "b");
	assert_true(web->post_start.items[0].privileged);
	assert_string_equal(compose_find_service(project, "db")->image, "db:1");
	assert_null(compose_find_service(project, "none"));
	assert_string_equal(compose_find_resource(&project->secrets, "s")->environment, "S");
	assert_string_equal(compose_find_resource(&project->networks, "default")->name, "n");
	assert_null(compose_find_resource(&project->volumes, "v"));
}

static void selected(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };

	strvec_add(&loading.options.services, "a*");
	load_text(&loading, "services:\n"
			    "  a1: {image: i, depends_on: [c]}\n"
			    "  a2: {image: i, profiles: [x]}\n"
			    "  b: {image: i}\n"
			    "  c: {image: i}\n");
	assert_int_equal(compose_project(loading.compose)->services.len, 3);
	assert_null(compose_find_service(compose_project(loading.compose), "b"));
}

static void unknown_service(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };

	strvec_add(&loading.options.services, "wbe");
	assert_string_equal(refuse_text(&loading, "services: {web: {image: i}}\n"),
			    "no such service: 'wbe'");
	assert_string_equal(err_.hint, "did you mean 'web'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(whole),
		scratch_test(selected),
		scratch_test(unknown_service),
	};

	return cmocka_run_group_tests_name("compose_project", tests, NULL, NULL);
}
