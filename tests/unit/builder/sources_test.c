#include "sources.h"

#include "unit.h"

static const struct build_board pi = { .slug = "raspberry-pi", .arch = "rpi" };
static const struct build_board pi4 = { .slug = "raspberrypi4-64", .arch = "aarch64" };
static const struct build_board pi5 = { .slug = "raspberrypi5", .arch = "aarch64" };

static struct context_pool pool;
static struct build_context opened;
static struct build_sources sources;

static int enter(void **state)
{
	opened = (struct build_context)BUILD_CONTEXT_INIT;
	sources = (struct build_sources){ .items = NULL };
	return scratch_enter(state);
}

static int leave(void **state)
{
	build_sources_release(&sources);
	build_context_release(&opened);
	return scratch_leave(state);
}

static int read_for(const struct build_board *first, const struct build_board *second)
{
	const struct build_request request = { .context_dir = "." };
	const struct build_machine machines[] = { { .board = first }, { .board = second } };

	build_context_release(&opened);
	opened = (struct build_context)BUILD_CONTEXT_INIT;
	assert_ok(build_context_open(&request, &pool, &opened, &err_));
	return build_sources_read(&request, &opened, machines, ARRAY_SIZE(machines), &sources,
				  &err_);
}

static void platforms_share_one(void **state)
{
	(void)state;
	write_text("Dockerfile", "FROM scratch\n");
	write_text("Dockerfile.rpi", "FROM scratch\n");
	assert_ok(read_for(NULL, NULL));
	assert_ptr_equal(sources.items[0], sources.items[1]);
	assert_string_equal(sources.items[0]->dockerfile_name, "Dockerfile");
	assert_true(build_sources_is_first(&sources, 0));
	assert_false(build_sources_is_first(&sources, 1));
}

static void boards_have_their_own(void **state)
{
	(void)state;
	write_text("Dockerfile", "FROM scratch\n");
	write_text("Dockerfile.rpi", "FROM scratch\n");
	write_text("Dockerfile.raspberrypi5", "FROM scratch\n");
	assert_ok(read_for(&pi, &pi5));
	assert_string_equal(sources.items[0]->dockerfile_name, "Dockerfile.rpi");
	assert_string_equal(sources.items[1]->dockerfile_name, "Dockerfile.raspberrypi5");
	assert_true(build_sources_is_first(&sources, 1));
}

static void boards_share_what_is_the_same(void **state)
{
	(void)state;
	write_text("Dockerfile", "FROM scratch\n");
	assert_ok(read_for(&pi, &pi5));
	assert_ptr_equal(sources.items[0], sources.items[1]);
}

/* The same file, but another text. */
static void templates_are_filled_in_for_each(void **state)
{
	(void)state;
	write_text("Dockerfile.template", "FROM a/%%BALENA_MACHINE_NAME%%\n");
	assert_ok(read_for(&pi4, &pi5));
	assert_string_equal(sources.items[0]->text.ptr, "FROM a/raspberrypi4-64\n");
	assert_string_equal(sources.items[1]->text.ptr, "FROM a/raspberrypi5\n");
}

static void only_boards_fill_in_templates(void **state)
{
	(void)state;
	write_text("Dockerfile", "FROM a/%%BALENA_ARCH%%\n");
	assert_ok(read_for(&pi, NULL));
	assert_ptr_equal(sources.items[0], sources.items[1]);
	assert_string_equal(sources.items[0]->text.ptr, "FROM a/%%BALENA_ARCH%%\n");
}

static void ignore_files_must_agree(void **state)
{
	(void)state;
	write_text("Dockerfile.rpi", "FROM scratch\n");
	write_text("Dockerfile.aarch64", "FROM scratch\n");
	write_text(".dockerignore", "*.o\n");
	assert_ok(read_for(&pi, &pi5));
	assert_string_equal(sources.items[1]->ignore_name, ".dockerignore");
	build_sources_release(&sources);
	write_text("Dockerfile.rpi.dockerignore", "*.a\n");
	assert_int_equal(read_for(&pi, &pi5), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	assert_string_equal(
		err_.message,
		"'Dockerfile.rpi' and 'Dockerfile.aarch64' have different ignore files");
}

static void unknown_names_have_a_place(void **state)
{
	(void)state;
	write_text("Dockerfile.template", "FROM scratch\nLABEL a=%%BALENA_ARHC%%\n");
	assert_int_equal(read_for(&pi, &pi5), -1);
	assert_int_equal(err_.kind, ERR_INPUT);
	assert_non_null(strstr(err_.message, "Dockerfile.template:2:9"));
}

#define sources_test(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		sources_test(platforms_share_one),
		sources_test(boards_have_their_own),
		sources_test(boards_share_what_is_the_same),
		sources_test(templates_are_filled_in_for_each),
		sources_test(only_boards_fill_in_templates),
		sources_test(ignore_files_must_agree),
		sources_test(unknown_names_have_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
