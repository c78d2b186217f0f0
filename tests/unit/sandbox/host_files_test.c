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

	hosts_write("box", &text);
	assert_non_null(strstr(text.ptr, "127.0.0.1\tlocalhost box\n"));
	assert_non_null(strstr(text.ptr, "::1\tlocalhost"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_stub),
		cmocka_unit_test(hosts_name_the_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
