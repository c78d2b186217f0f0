#include "dockerfile_choice.h"

#include "base/str.h"
#include "unit.h"

static void the_nearest_file_wins(void **state)
{
	static const struct {
		const char *files; /* that there are, by blanks */
		const char *name, *board, *arch;
		const char *want;
		bool is_template;
	} rows[] = {
		{ "Dockerfile", NULL, NULL, NULL, "Dockerfile", false },
		{ "dockerfile", NULL, NULL, NULL, "dockerfile", false },
		{ "Dockerfile dockerfile", NULL, NULL, NULL, "Dockerfile", false },
		/* without a board the customs do not count */
		{ "Dockerfile Dockerfile.pi Dockerfile.template", NULL, NULL, NULL, "Dockerfile",
		  false },
		{ "Dockerfile Dockerfile.template Dockerfile.armv7hf Dockerfile.pi", NULL, "pi",
		  "armv7hf", "Dockerfile.pi", true },
		{ "Dockerfile Dockerfile.template Dockerfile.armv7hf", NULL, "pi", "armv7hf",
		  "Dockerfile.armv7hf", true },
		{ "Dockerfile Dockerfile.template Dockerfile.aarch64", NULL, "pi", "armv7hf",
		  "Dockerfile.template", true },
		{ "Dockerfile Dockerfile.aarch64", NULL, "pi", "armv7hf", "Dockerfile", false },
		{ "Dockerfile", NULL, "pi", NULL, "Dockerfile", false },
		{ "dockerfile", NULL, "pi", "armv7hf", "dockerfile", false },
		{ "My My.pi Dockerfile.pi", "My", "pi", "armv7hf", "My.pi", true },
		{ "My", "My", "pi", "armv7hf", "My", false },
		{ "My", "My", NULL, NULL, "My", false },
		{ "Dockerfile", "My", NULL, NULL, NULL, false },
		{ "Dockerfile", "My", "pi", "armv7hf", NULL, false },
		{ "other", NULL, "pi", "armv7hf", NULL, false },
		{ "other", NULL, NULL, NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(dockerfile_choice_release) struct dockerfile_choice choice = { .path = NULL };
		const struct dockerfile_question question = { .dir = "dir",
							      .name = rows[i].name,
							      .board = rows[i].board,
							      .arch = rows[i].arch };
		struct span rest = span_of(rows[i].files), file;

		err_clear(&err_);
		assert_ok(fs_remove_all(AT_FDCWD, "dir", &err_));
		assert_int_equal(mkdir("dir", 0755), 0);
		while (rest.len > 0) {
			AUTO(freep) char *path = NULL;

			(void)span_cut(&rest, ' ', &file);
			path = xasprintf("dir/%.*s", SPAN_FMT(file));
			write_text(path, "FROM scratch\n");
		}
		if (!rows[i].want) {
			assert_row(dockerfile_choose(&question, &choice, &err_) < 0, rows[i].files);
			assert_row(err_.kind == ERR_NOT_FOUND, rows[i].files);
			continue;
		}
		assert_ok(dockerfile_choose(&question, &choice, &err_));
		assert_row(str_eq(choice.path, rows[i].want), rows[i].files);
		assert_row(choice.is_template == rows[i].is_template, rows[i].files);
	}
}

static void says_what_it_looked_for(void **state)
{
	struct dockerfile_choice choice = { .path = NULL };
	const struct dockerfile_question question = { .dir = ".",
						      .board = "pi",
						      .arch = "armv7hf" };

	(void)state;
	assert_int_equal(dockerfile_choose(&question, &choice, &err_), -1);
	assert_string_equal(err_.hint,
			    "for board 'pi' it can be one of: Dockerfile.pi, Dockerfile.armv7hf, "
			    "Dockerfile.template, Dockerfile, dockerfile");
}

static void says_what_there_is_for_boards(void **state)
{
	static const struct {
		const char *file, *name, *hint; /* hint NULL = none */
	} rows[] = {
		{ "README", NULL, "name it with -f FILE, or give the directory that holds it" },
		{ "Dockerfile.dockerignore", NULL,
		  "name it with -f FILE, or give the directory that holds it" },
		{ "Dockerfile.pi", NULL,
		  "is 'Dockerfile.pi' meant? name it with -f, or choose it by --board" },
		{ "Dockerfile.template", NULL,
		  "'Dockerfile.template' is filled in for a board: name one with --board" },
		{ "My.template", "My",
		  "'My.template' is filled in for a board: name one with --board" },
		{ "README", "Other", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct dockerfile_choice choice = { .path = NULL };
		const struct dockerfile_question question = { .dir = ".", .name = rows[i].name };

		err_clear(&err_);
		write_text(rows[i].file, "");
		assert_row(dockerfile_choose(&question, &choice, &err_) < 0, rows[i].file);
		assert_row(str_eq(err_.hint, rows[i].hint), rows[i].file);
		if (rows[i].name)
			assert_row(unlink(rows[i].file) == 0, rows[i].file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(the_nearest_file_wins),
		scratch_test(says_what_it_looked_for),
		scratch_test(says_what_there_is_for_boards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
