#include "compose/balena.h"

#include "unit.h"

static void write_balena(const char *text)
{
	assert_ok(fs_mkdir_all(AT_FDCWD, ".balena", 0755, &err_));
	write_text(".balena/balena.yml", text);
}

static void whole(void **state)
{
	(void)state;
	struct balena_build build;

	write_balena("build-variables:\n"
		     "  global: [A=1, B=x=y]\n"
		     "  services:\n"
		     "    web: [A=2, C=]\n"
		     "    other: [D=4]\n"
		     "build-secrets:\n"
		     "  global:\n"
		     "    - {source: key.txt, dest: key}\n"
		     "    - {source: ../../etc/passwd, dest: ../p}\n"
		     "  services:\n"
		     "    web: [{source: web.txt, dest: key}]\n");
	assert_ok(balena_build_read("/nowhere/..", "web", &build, &err_));
	assert_int_equal(build.variables.len, 0);
	balena_build_release(&build);
	assert_ok(balena_build_read(".", "web", &build, &err_));
	assert_int_equal(build.variables.len, 3);
	assert_string_equal(strmap_get(&build.variables, "A"), "2");
	assert_string_equal(strmap_get(&build.variables, "B"), "x=y");
	assert_string_equal(strmap_get(&build.variables, "C"), "");
	assert_int_equal(build.secrets.len, 2);
	assert_string_equal(build.secrets.items[0].name, "key");
	assert_string_equal(build.secrets.items[0].file, "./.balena/secrets/web.txt");
	assert_string_equal(build.secrets.items[1].name, "p");
	assert_string_equal(build.secrets.items[1].file, "./.balena/secrets/etc/passwd");
	balena_build_release(&build);
}

static void problems(void **state)
{
	(void)state;
	struct balena_build build;

	write_balena("build-variables:\n  global: [A, 5]\nbuild-secrets:\n  global: {a: b}\n");
	assert_int_equal(balena_build_read(".", "web", &build, &err_), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	assert_non_null(strstr(err_.message,
			       "balena.yml:2:12: error: must be a string of the form NAME=VALUE"));
	assert_non_null(strstr(err_.message, "balena.yml:2:15: error: "));
	assert_non_null(
		strstr(err_.message, "balena.yml:4:11: error: must be a list, and not a mapping"));
	balena_build_release(&build);
}

int main(void)
{
	const struct CMUnitTest tests[] = { scratch_test(whole), scratch_test(problems) };

	return cmocka_run_group_tests_name("compose_balena", tests, NULL, NULL);
}
