/* What is mounted in a step besides its root. */
#include "../base/unit.h"
#include "base/fd.h"
#include "base/path.h"
#include "steps.h"

static void volumes_are_there_and_not_in_the_layer(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	AUTO(freep) char *source = NULL;
	AUTO(freep) char *tree = NULL;

	steps_init(&steps);
	assert_int_equal(mkdir("volume", 0755), 0);
	write_text("volume/given", "from the host");
	assert_ok(fs_realpath("volume", &source, &err_));
	*VEC_ADD(&steps.mounts) = (struct sandbox_mount){ .kind = SANDBOX_BIND,
							  .source = source,
							  .target = (char *)"/deep/rw" };
	*VEC_ADD(&steps.mounts) = (struct sandbox_mount){ .kind = SANDBOX_BIND,
							  .source = source,
							  .target = (char *)"/deep/ro",
							  .read_only = true };
	*VEC_ADD(&steps.mounts) = (struct sandbox_mount){ .kind = SANDBOX_TMPFS,
							  .target = (char *)"/scratch",
							  .size = 65536 };
	steps_probe(&steps, "cat", "/deep/ro/given");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "from the host");
	steps_probe(&steps, "write", "/deep/ro/x");
	assert_int_equal(steps_run(&steps), EROFS);
	steps_probe(&steps, "write", "/deep/rw/x");
	assert_int_equal(steps_run(&steps), 0);
	steps_probe(&steps, "write", "/scratch/x");
	assert_int_equal(steps_run(&steps), 0);
	assert_true(fs_exists(AT_FDCWD, "volume/x"));
	tree = steps_tree("store/up");
	assert_string_equal(tree, "");
}

/* A mount within another one: its place is made on the host, and taken away again. */
static void nested_mounts_leave_nothing_on_the_host(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	AUTO(freep) char *source = NULL;
	AUTO(freep) char *tree = NULL;
	const struct timespec long_ago[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	struct stat st;

	steps_init(&steps);
	assert_int_equal(mkdir("volume", 0755), 0);
	assert_int_equal(mkdir("volume/there", 0755), 0);
	assert_int_equal(utimensat(AT_FDCWD, "volume", long_ago, 0), 0);
	assert_ok(fs_realpath("volume", &source, &err_));
	*VEC_ADD(&steps.mounts) = (struct sandbox_mount){ .kind = SANDBOX_BIND,
							  .source = source,
							  .target = (char *)"/v" };
	*VEC_ADD(&steps.mounts) =
		(struct sandbox_mount){ .kind = SANDBOX_TMPFS, .target = (char *)"/v/new/deep" };
	*VEC_ADD(&steps.mounts) =
		(struct sandbox_mount){ .kind = SANDBOX_TMPFS, .target = (char *)"/v/there" };
	*VEC_ADD(&steps.mounts) = (struct sandbox_mount){ .kind = SANDBOX_FILE,
							  .target = (char *)"/v/there/file",
							  .content = (char *)"text",
							  .content_len = 4,
							  .mode = 0400 };
	*VEC_ADD(&steps.mounts) = (struct sandbox_mount){ .kind = SANDBOX_FILE,
							  .target = (char *)"/v/file",
							  .content = (char *)"text",
							  .content_len = 4,
							  .mode = 0400 };
	steps_probe(&steps, "cat", "/v/there/file");
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "text");
	tree = steps_tree("volume");
	assert_string_equal(tree, "there");
	assert_int_equal(stat("volume", &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1000000000);
}

/* A directory of the store itself: the place that the scratch file system of the step covers. */
static void volumes_may_lie_in_the_store(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;
	AUTO(freep) char *source = NULL;

	steps_init(&steps);
	assert_int_equal(mkdir("store/cache", 0755), 0);
	assert_ok(fs_realpath("store/cache", &source, &err_));
	*VEC_ADD(&steps.mounts) = (struct sandbox_mount){ .kind = SANDBOX_BIND,
							  .source = source,
							  .target = (char *)"/cache" };
	steps_probe(&steps, "write", "/cache/x");
	assert_int_equal(steps_run(&steps), 0);
	assert_true(fs_exists(AT_FDCWD, "store/cache/x"));
}

static void files_in_memory_have_owner_and_mode(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	*VEC_ADD(&steps.mounts) = (struct sandbox_mount){ .kind = SANDBOX_FILE,
							  .target = (char *)"/run/secrets/token",
							  .content = (char *)"s3cret",
							  .content_len = 6,
							  .mode = 0440,
							  .uid = 5,
							  .gid = 6 };
	steps_probe(&steps, "cat", "/run/secrets/token");
	if (steps_id_count() == 1) {
		steps_run_refused(&steps, ERR_UNSUPPORTED, "cannot belong to 5:6");
		steps.mounts.items[0].uid = steps.mounts.items[0].gid = 0;
	}
	assert_int_equal(steps_run(&steps), 0);
	assert_string_equal(steps.out.ptr, "s3cret");
	assert_false(fs_exists(AT_FDCWD, "store/up/run"));
	steps_probe(&steps, "write", "/run/secrets/token");
	assert_int_not_equal(steps_run(&steps), 0);
}

static void a_missing_volume_is_named(void **state)
{
	(void)state;
	AUTO(steps_release) struct steps steps;

	steps_init(&steps);
	*VEC_ADD(&steps.mounts) = (struct sandbox_mount){ .kind = SANDBOX_BIND,
							  .source = (char *)"/nonexistent/v",
							  .target = (char *)"/v" };
	steps_probe(&steps, "exit", "0");
	steps_run_refused(&steps, ERR_NOT_FOUND, "'/nonexistent/v'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(volumes_are_there_and_not_in_the_layer),
		scratch_test(nested_mounts_leave_nothing_on_the_host),
		scratch_test(volumes_may_lie_in_the_store),
		scratch_test(files_in_memory_have_owner_and_mode),
		scratch_test(a_missing_volume_is_named),
	};

	return cmocka_run_group_tests(tests, steps_enter, NULL);
}
