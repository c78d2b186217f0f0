/* Bad input: an error, in bounded memory, and never a wait. */
#include "base/limits.h"
#include "model.h"

static void write_repeated(const char *path, const char *head, const char *text, size_t count)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	(void)fputs(head, file);
	for (size_t i = 0; i < count; i++)
		(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void too_large(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };

	write_repeated("compose.yaml", "services: {}\n", "# 0123456789\n", LIMIT_YAML / 13);
	assert_int_equal(loading_run(&loading), -1);
	assert_int_equal(err_.kind, ERR_LIMIT);
	write_repeated("compose.yaml", "services: {}\n", "# 0123456789\n", LIMIT_YAML / 13 - 2);
	assert_ok(loading_run(&loading));
}

static void too_deep(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };

	write_repeated("compose.yaml", "x-a: ", "[", 100000);
	assert_int_equal(loading_run(&loading), -1);
	assert_non_null(strstr(err_.message, "nested deeper than"));
}

/* Nine levels of nine aliases would make 400 million nodes. */
static void alias_bomb(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, "x-0: &a0 [x]\n");
	for (int level = 1; level < 10; level++) {
		str_addf(&text, "x-%d: &a%d [", level, level);
		for (int i = 0; i < 9; i++)
			str_addf(&text, "*a%d, ", level - 1);
		str_add(&text, "]\n");
	}
	assert_non_null(strstr(refuse_text(&loading, text.ptr), "too many aliases"));
}

static void no_regular_file(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };

	strvec_add(&loading.options.files, "other");
	assert_int_equal(mkfifo("other", 0644), 0);
	assert_int_equal(loading_run(&loading), -1);
	assert_non_null(strstr(err_.message, "not a regular file"));
	assert_int_equal(unlink("other"), 0);
	assert_int_equal(mkdir("other", 0755), 0);
	assert_int_equal(loading_run(&loading), -1);
	assert_non_null(strstr(err_.message, "not a regular file"));
}

static void env_file_that_is_none(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };

	assert_int_equal(mkfifo("fifo", 0644), 0);
	assert_non_null(strstr(refuse_text(&loading, "services: {a: {image: i, env_file: fifo}}\n"),
			       "not a regular file"));
}

/* Two files and their services' variables, where there is nothing in one. */
static void dev_null_is_an_empty_file(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };

	write_text("compose.yaml", "services: {a: {image: i, env_file: /dev/null}}\n");
	strvec_add(&loading.options.files, "compose.yaml");
	strvec_add(&loading.options.files, "/dev/null");
	strvec_add(&loading.options.env_files, "/dev/null");
	assert_ok(loading_run(&loading));
	strvec_remove(&loading.options.files, 0);
	assert_int_equal(loading_run(&loading), -1);
	assert_non_null(strstr(err_.message, "nothing in it"));
}

static void binary(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	static const char bytes[] = "\x7f"
				    "ELF\x02\x01\x01\x00\xff\xfe\x00";
	FILE *file = fopen("compose.yaml", "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, sizeof(bytes), file), sizeof(bytes));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(loading_run(&loading), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
}

/* A list that must hold everything once, and a mapping with many keys: not in quadratic time. */
static void many(void **state)
{
	(void)state;
	AUTO(loading_release) struct loading loading = { 0 };
	AUTO(str_release) struct str text = STR_INIT;

	str_add(&text, "services:\n  a:\n    image: i\n    cap_add: [");
	for (int i = 0; i < 40000; i++)
		str_addf(&text, "c%d,", i);
	str_add(&text, "]\nx-map:\n");
	for (int i = 0; i < 40000; i++)
		str_addf(&text, "  k%d: 1\n", i);
	load_text(&loading, text.ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(too_large),
		scratch_test(too_deep),
		scratch_test(alias_bomb),
		scratch_test(no_regular_file),
		scratch_test(dev_null_is_an_empty_file),
		scratch_test(env_file_that_is_none),
		scratch_test(binary),
		scratch_test(many),
	};

	return cmocka_run_group_tests_name("compose_bounds", tests, NULL, NULL);
}
