#include "build_mode.h"

#include <stdlib.h>

#include "../base/unit.h"
#include "base/alloc.h"
#include "base/path.h"
#include "base/str.h"

/* Words of a table, up to NULL. */
static void add_words(struct strvec *out, const char *const *words)
{
	for (; *words; words++)
		strvec_add(out, *words);
}

static void args_release(struct build_args *args)
{
	options_release(build_options, args);
}

static void make_file(const char *path)
{
	AUTO(freep) char *dir = path_dir(path);

	assert_ok(fs_mkdir_all(AT_FDCWD, dir, 0755, &err_));
	write_text(path, "");
}

static void the_place_and_the_words_tell(void **state)
{
	static const struct {
		const char *row;
		const char *files[4], *words[3], *option_files[3];
		enum build_mode want;
	} rows[] = {
		{ "nothing", { "compose.yaml" }, .want = BUILD_PROJECT },
		{ "both", { "compose.yaml", "Dockerfile" }, .want = BUILD_PROJECT },
		{ "override alone",
		  { "compose.override.yaml", "Dockerfile" },
		  .want = BUILD_DOCKERFILE },
		{ "old name", { "docker-compose.yml" }, .want = BUILD_PROJECT },
		{ "Dockerfile alone", { "Dockerfile" }, .want = BUILD_DOCKERFILE },
		{ "empty directory", { NULL }, .want = BUILD_DOCKERFILE },
		{ "service", { "compose.yaml" }, { "app" }, .want = BUILD_PROJECT },
		{ "service that is a directory, too",
		  { "compose.yaml", "app/Dockerfile" },
		  { "app" },
		  .want = BUILD_PROJECT },
		{ "directory", { "app/Dockerfile" }, { "app" }, .want = BUILD_DOCKERFILE },
		{ "dot", { "compose.yaml" }, { "." }, .want = BUILD_DOCKERFILE },
		{ "path", { "compose.yaml" }, { "./app" }, .want = BUILD_DOCKERFILE },
		{ "standard input", { "compose.yaml" }, { "-" }, .want = BUILD_DOCKERFILE },
		{ "address",
		  { "compose.yaml" },
		  { "https://example.com/a.git" },
		  .want = BUILD_DOCKERFILE },
		{ "-f compose file",
		  { "Dockerfile" },
		  { "app" },
		  { "other.yml" },
		  .want = BUILD_PROJECT },
		{ "-f compose file and nothing",
		  { "Dockerfile" },
		  { "app" },
		  { "other.yml", "/dev/null" },
		  .want = BUILD_PROJECT },
		{ "-f nothing",
		  { "compose.yaml" },
		  { NULL },
		  { "/dev/null" },
		  .want = BUILD_DOCKERFILE },
		{ "-f by its ending only",
		  { "compose.yaml" },
		  { "app" },
		  { "yaml.Dockerfile" },
		  .want = BUILD_DOCKERFILE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(args_release) struct build_args args = { .operands = { .len = 0 } };
		AUTO(freep) char *dir = xasprintf("%zu", i);
		enum build_mode mode;

		assert_int_equal(mkdir(dir, 0755), 0);
		assert_int_equal(chdir(dir), 0);
		for (const char *const *file = rows[i].files; *file; file++)
			make_file(*file);
		add_words(&args.operands, rows[i].words);
		add_words(&args.source.files, rows[i].option_files);
		err_clear(&err_);
		assert_row(build_mode_choose(&args, &mode, &err_) == 0, rows[i].row);
		assert_row(mode == rows[i].want, rows[i].row);
		assert_int_equal(chdir(".."), 0);
	}
}

static void a_project_above_is_found(void **state)
{
	struct build_args args = { .operands = { .len = 0 } };
	enum build_mode mode;

	(void)state;
	write_text("compose.yaml", "");
	assert_int_equal(mkdir("below", 0755), 0);
	assert_int_equal(chdir("below"), 0);
	assert_ok(build_mode_choose(&args, &mode, &err_));
	assert_int_equal(mode, BUILD_PROJECT);
	write_text("Dockerfile", "");
	assert_ok(build_mode_choose(&args, &mode, &err_));
	assert_int_equal(mode, BUILD_DOCKERFILE);
	assert_int_equal(chdir(".."), 0);
}

static void refuse(struct build_args *args, const char *text)
{
	enum build_mode mode;

	err_clear(&err_);
	assert_row(build_mode_choose(args, &mode, &err_) < 0, text);
	assert_int_equal(err_.kind, ERR_USAGE);
	if (!strstr(err_.message, text))
		fail_msg("'%s' is not in: %s", text, err_.message);
}

static void words_that_contradict_are_refused(void **state)
{
	AUTO(args_release) struct build_args files = { .operands = { .len = 0 } };
	AUTO(args_release) struct build_args tagged = { .operands = { .len = 0 } };
	AUTO(args_release) struct build_args several = { .operands = { .len = 0 } };
	struct build_args targeted = { .source = { .target = "t" } };

	(void)state;
	strvec_add(&files.source.files, "a.yaml");
	strvec_add(&files.source.files, "Dockerfile");
	refuse(&files, "both a Dockerfile and a compose file");
	strvec_add(&several.operands, "./a");
	strvec_add(&several.operands, "./b");
	refuse(&several, "unexpected word './b'");
	strvec_add(&several.project.profiles, "debug");
	strvec_add(&several.source.files, "Dockerfile");
	refuse(&several, "are for compose projects");
	write_text("compose.yaml", "");
	refuse(&targeted, "--target");
	strvec_add(&tagged.result.tags, "app:1");
	refuse(&tagged, "--tag");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(the_place_and_the_words_tell),
		scratch_test(a_project_above_is_found),
		scratch_test(words_that_contradict_are_refused),
	};

	unsetenv("COMPOSE_FILE");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
