/* Files that are elsewhere: what is fetched, what paths in it mean, and what is told of problems. */
#include "base/path.h"
#include "base/yaml.h"
#include "model.h"
#include "tree.h"

/* What the names lead to is a directory "far"; it counts how often it is asked. */
static int fetch(void *data, const char *resource, char **ret_path, struct err *err)
{
	unsigned *asked = data;

	(*asked)++;
	if (strstr(resource, "missing"))
		return err_set(err, ERR_NOT_FOUND, "nobody knows '%s'", resource);
	*ret_path = path_resolve(getenv("PWD"), "far/compose.yaml");
	return 0;
}

static void write_far(const char *text)
{
	AUTO(freep) char *cwd = getcwd(NULL, 0);

	assert_int_equal(setenv("PWD", cwd, 1), 0);
	assert_int_equal(mkdir("far", 0755), 0);
	write_text("far/compose.yaml", text);
}

static const char far_text[] = "services: {lib: {build: ./svc, image: \"${TAG:-none}\"}}\n";

static void expect_context(const struct loading *loading, const char *service)
{
	const struct yaml *services = yaml_get(compose_tree(loading->compose), "services");
	const struct yaml *build = yaml_get(yaml_get(services, service), "build");
	AUTO(freep) char *expected = path_resolve(loading->cwd, "far/svc");

	assert_string_equal(yaml_get_text(build, "context"), expected);
}

static void paths_are_those_beside_it(void **state)
{
	(void)state;
	static const struct {
		const char *text, *service;
	} cases[] = {
		{ "include: ['https://host/lib.git#main']\nservices: {a: {image: x}}\n", "lib" },
		{ "include: [{path: ['oci://host/lib:1']}]\nservices: {a: {image: x}}\n", "lib" },
		{ "services: {a: {extends: {file: 'git@host:lib.git', service: lib}}}\n", "a" },
		{ "services: {a: {extends: {file: github.com/o/lib, service: lib}},\n"
		  "  b: {extends: {file: github.com/o/lib, service: lib}}}\n",
		  "b" },
	};

	write_far(far_text);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(loading_release) struct loading loading = { 0 };
		unsigned asked = 0;
		const struct compose_remote remote = { fetch, &asked };

		loading.options.remote = &remote;
		loading.options.no_path_resolution = i % 2;
		load_text(&loading, cases[i].text);
		expect_context(&loading, cases[i].service);
		assert_int_equal(asked, 1);
	}
}

static void project_of_a_remote_file(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	unsigned asked = 0;
	const struct compose_remote remote = { fetch, &asked };

	write_far(far_text);
	write_text("far/.env", "TAG=beside\n");
	loading.options.remote = &remote;
	loading.options.project_name = "";
	strvec_add(&loading.options.files, "https://host/Shop/lib.git");
	assert_int_equal(loading_run(&loading), 0);
	expect_context(&loading, "lib");
	assert_string_equal(compose_name(loading.compose), "shop");
	assert_string_equal(
		yaml_get_text(yaml_get(yaml_get(compose_tree(loading.compose), "services"), "lib"),
			      "image"),
		"beside");
}

static void problems(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	unsigned asked = 0;
	const struct compose_remote remote = { fetch, &asked };
	const char *said;

	said = refuse_text(&loading, "include: ['oci://host/lib']\n");
	assert_non_null(strstr(said, "compose.yaml:1:"));
	assert_non_null(strstr(said, "include[0]: 'oci://host/lib' is elsewhere"));
	loading.options.remote = &remote;
	said = refuse_text(&loading,
			   "services:\n  a:\n    extends: {file: 'https://missing', service: b}\n");
	assert_non_null(strstr(said, "compose.yaml:3:"));
	assert_non_null(strstr(said, "services.a.extends: nobody knows 'https://missing'"));
	write_far("services: {lib: {image: i, portz: []}}\n");
	said = refuse_text(&loading, "include: ['https://host/lib.git']\n");
	assert_non_null(strstr(said, "far/compose.yaml:1:"));
	assert_non_null(strstr(said, "this file is read from compose.yaml:1"));
	write_text("far/compose.yaml", "include: ['https://host/lib.git']\n");
	said = refuse_text(&loading, "include: ['https://host/lib.git']\n");
	assert_non_null(strstr(said, "a cycle: compose.yaml, included by compose.yaml"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(paths_are_those_beside_it),
		scratch_test(project_of_a_remote_file),
		scratch_test(problems),
	};

	return cmocka_run_group_tests_name("compose_remote", tests, NULL, NULL);
}
