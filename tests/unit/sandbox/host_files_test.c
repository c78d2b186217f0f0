#include "host_files.h"

#include "../base/unit.h"

static void knows_the_stub(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool stub;
	} rows[] = {
		{ "nameserver 127.0.0.53\n", true },
		{ "# managed\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n", true },
		{ "nameserver   127.0.0.53  \n", true },
		{ "nameserver 127.0.0.53\nnameserver 192.0.2.1\n", false },
		{ "nameserver 192.0.2.1\n", false },
		{ "#nameserver 127.0.0.53\n", false },
		{ "nameserver 127.0.0.1\n", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(resolv_conf_is_stub(span_of(rows[i].text)) == rows[i].stub,
			   rows[i].text);
}

static void hosts_name_the_step(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(step_options_release) struct step_options options = STEP_OPTIONS_INIT;

	assert_ok(step_options_add_host(&options, "lab:10.0.0.2", &err_));
	hosts_write("box", &options, &text);
	assert_non_null(strstr(text.ptr, "10.0.0.2\tlab\n"));
	assert_non_null(strstr(text.ptr, "127.0.0.1\tlocalhost box\n"));
	assert_non_null(strstr(text.ptr, "::1\tlocalhost"));
}

static void name_servers_of_the_options_replace_those_of_the_host(void **state)
{
	(void)state;
	AUTO(str_release) struct str text = STR_INIT;
	AUTO(step_options_release) struct step_options options = STEP_OPTIONS_INIT;

	assert_ok(step_options_add_dns(&options, "192.0.2.1", &err_));
	assert_ok(step_options_add_dns(&options, "2001:db8::1", &err_));
	resolv_conf_write(&options, &text);
	assert_true(str_has_prefix(text.ptr, "nameserver 192.0.2.1\nnameserver 2001:db8::1\n"));
	assert_null(strstr(text.ptr + strlen("nameserver 192.0.2.1\nnameserver 2001:db8::1\n"),
			   "nameserver"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_stub),
		cmocka_unit_test(hosts_name_the_step),
		cmocka_unit_test(name_servers_of_the_options_replace_those_of_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
