#include "builder/secret.h"

#include <stdlib.h>

#include "base/str.h"
#include "secret_load.h"
#include "unit.h"

static void secrets_are_read_as_buildx_reads_them(void **state)
{
	(void)state;
	static const struct {
		const char *text, *id, *path, *env;
	} rows[] = {
		{ "id=a,src=f", "a", "f", NULL },
		{ "id=a,source=f", "a", "f", NULL },
		{ "src=f,id=a,type=file", "a", "f", NULL },
		{ "ID=a,SRC=f", "a", "f", NULL },
		{ "id=a,env=V", "a", NULL, "V" },
		{ "id=a,type=env,env=V", "a", NULL, "V" },
		{ "id=a,type=env,src=V", "a", NULL, "V" },
		{ "id=a", "a", "a", NULL },
		{ "id=SET_VARIABLE", "SET_VARIABLE", NULL, "SET_VARIABLE" },
		{ "id=SET_VARIABLE,type=file", "SET_VARIABLE", "SET_VARIABLE", NULL },
		{ "type=env,id=UNSET_VARIABLE", "UNSET_VARIABLE", NULL, "UNSET_VARIABLE" },
		{ "id=a,\"src=x,y\"", "a", "x,y", NULL },
	};

	assert_int_equal(setenv("SET_VARIABLE", "value", 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(build_secrets_release) struct build_secrets secrets = BUILD_SECRETS_INIT;

		assert_ok(build_secrets_add(&secrets, rows[i].text, &err_));
		assert_row(secrets.len == 1, rows[i].text);
		assert_row(str_eq(secrets.items[0].id, rows[i].id), rows[i].text);
		assert_row(str_eq(secrets.items[0].path, rows[i].path), rows[i].text);
		assert_row(str_eq(secrets.items[0].env, rows[i].env), rows[i].text);
	}
}

static void what_is_no_secret_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"src=f", "id=", "id=a,src=f,env=V", "id=a,type=x,src=f", "id=a,mode=0400", "a",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(build_secrets_release) struct build_secrets secrets = BUILD_SECRETS_INIT;

		assert_row(build_secrets_add(&secrets, rows[i], &err_) < 0, rows[i]);
		assert_row(err_.kind == ERR_USAGE, rows[i]);
		assert_row(secrets.len == 0, rows[i]);
		err_clear(&err_);
	}
}

static void an_id_stands_for_one_secret(void **state)
{
	(void)state;
	AUTO(build_secrets_release) struct build_secrets secrets = BUILD_SECRETS_INIT;

	assert_ok(build_secrets_add(&secrets, "id=a,src=f", &err_));
	assert_int_equal(build_secrets_add(&secrets, "id=a,src=g", &err_), -1);
	assert_int_equal(err_.kind, ERR_USAGE);
}

static void values_come_from_files_and_variables(void **state)
{
	(void)state;
	AUTO(build_secrets_release) struct build_secrets secrets = BUILD_SECRETS_INIT;
	AUTO(secret_values_release) struct secret_values values = SECRET_VALUES_INIT;

	write_text("f", "from a file\n");
	assert_int_equal(setenv("SET_VARIABLE", "from a variable", 1), 0);
	assert_ok(build_secrets_add(&secrets, "id=a,src=f", &err_));
	assert_ok(build_secrets_add(&secrets, "id=b,env=SET_VARIABLE", &err_));
	assert_ok(secrets_load(&secrets, &values, &err_));
	assert_string_equal(secret_values_find(&values, "a")->value.ptr, "from a file\n");
	assert_string_equal(secret_values_find(&values, "b")->value.ptr, "from a variable");
	assert_null(secret_values_find(&values, "c"));
}

static void missing_values_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "id=a,src=nope", "secret 'a'" },
		{ "id=a,env=UNSET_VARIABLE", "'UNSET_VARIABLE' is not set" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(build_secrets_release) struct build_secrets secrets = BUILD_SECRETS_INIT;
		AUTO(secret_values_release) struct secret_values values = SECRET_VALUES_INIT;

		assert_ok(build_secrets_add(&secrets, rows[i].text, &err_));
		assert_int_equal(secrets_load(&secrets, &values, &err_), -1);
		assert_row(strstr(err_.message, rows[i].said), rows[i].text);
		assert_row(err_.kind == ERR_NOT_FOUND, rows[i].text);
		err_clear(&err_);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_read_as_buildx_reads_them),
		cmocka_unit_test(what_is_no_secret_is_refused),
		cmocka_unit_test(an_id_stands_for_one_secret),
		scratch_test(values_come_from_files_and_variables),
		scratch_test(missing_values_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
