#include "dockerfile/mode_change.h"

#include "unit.h"

static void changes(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		bool is_dir;
		mode_t want;
	} rows[] = {
		{ "644", 0777, false, 0644 },
		{ "4755", 0600, false, 04755 },
		{ "0", 0777, true, 0 },
		{ "7777", 0, true, 07777 },
		{ "+x", 0644, false, 0755 },
		{ "u+x", 0644, false, 0744 },
		{ "go-rwx", 0777, false, 0700 },
		{ "a=r", 0777, false, 0444 },
		{ "u=rwX,go=rX", 0600, false, 0644 },
		{ "u=rwX,go=rX", 0700, false, 0755 },
		{ "u=rwX,go=rX", 0700, true, 0755 },
		{ "u=rwX,go=rX", 0600, true, 0755 },
		{ "g=u", 0640, false, 0660 },
		{ "o=g", 0750, false, 0755 },
		{ "a-w,o-r", 0644, false, 0440 },
		{ "u+s", 0755, false, 04755 },
		{ "g+s", 0755, false, 02755 },
		{ "+t", 0755, true, 01755 },
		{ "u=", 0777, false, 0077 },
		{ "u+w-x", 0500, false, 0600 },
		{ "g=rx", 02775, true, 02755 }, /* a directory keeps its set-group-ID */
		{ "g=rx", 02775, false, 0755 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(mode_change_freep) struct mode_change *change = NULL;

		if (mode_change_parse(rows[i].text, &change, &err_) < 0)
			fail_msg("row '%s': %s", rows[i].text, err_.message);
		assert_row(mode_change_apply(change, rows[i].mode, rows[i].is_dir) == rows[i].want,
			   rows[i].text);
		assert_string_equal(mode_change_text(change), rows[i].text);
	}
}

static void refuses_what_is_neither(void **state)
{
	static const char *const rows[] = { "",  "8",     "77777",    "689",  "zz",
					    "u", "u=q",   "u+x,",     ",u+x", "rwx",
					    "-", "0x1ff", "u=rw go=r" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mode_change *change = NULL;
		bool empty_list = !strcmp(rows[i], "-");

		err_clear(&err_);
		/* chmod(1) takes a lone operator: it changes nothing */
		if (empty_list) {
			assert_ok(mode_change_parse(rows[i], &change, &err_));
			mode_change_free(change);
			continue;
		}
		assert_row(mode_change_parse(rows[i], &change, &err_) == -1, rows[i]);
		assert_row(err_.kind == ERR_INPUT && err_.hint, rows[i]);
	}
	err_clear(&err_);
}

static void none_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(mode_change_apply(NULL, 04711, false), 04711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes),
		cmocka_unit_test(refuses_what_is_neither),
		cmocka_unit_test(none_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
